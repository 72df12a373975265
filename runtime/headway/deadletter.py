"""Dead letters: the original bytes, unchanged, with origin and reason in the headers."""

from dataclasses import dataclass
from typing import Final

from headway.kafka import Headers, Message, headers_of
from headway.tasks import Failed

PREFIX: Final = "headway."
_MAX_MESSAGE_CHARACTERS: Final = 2000


@dataclass(frozen=True, slots=True)
class Origin:
    """Who gives a record up: for the headers."""

    stage: str
    group: str


def headers(message: Message, failed: Failed, origin: Origin) -> Headers:
    """The record's own headers, then ours; all of ours are UTF-8 text."""
    attempt = failed.envelope["attempt"] if failed.envelope else 1
    ours: dict[str, object] = {
        "topic": message.topic(),
        "partition": message.partition(),
        "offset": message.offset(),
        "timestamp": message.timestamp()[1],
        "group": origin.group,
        "stage": origin.stage,
        "attempt": attempt,
        "error.class": type(failed.error).__name__,
        "error.message": error_message(failed.error),
        "failed.at": failed.at,
    }
    told = [(PREFIX + name, str(value).encode()) for name, value in ours.items()]
    return [*headers_of(message), *told]


def error_message(error: BaseException) -> str:
    """The message for people: an exception without words is told by its class."""
    text = str(error)[:_MAX_MESSAGE_CHARACTERS]
    return text or type(error).__name__
