"""What a stage carries with a record that it tries again or gives up: one header.

The record itself stays as it came, so a dead letter has the bytes its producer sent; what became
of the job meanwhile is beside it, in the same form wherever the record lies.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from headway.base.errors import DecodeError
from headway.base.words import MOST_MESSAGE_CHARACTERS, MOST_NAME_CHARACTERS, bounded
from headway.edges.kafka import Headers, Message
from headway.edges.messages import headers_of
from headway.tracing.context import KEPT
from headway.wire.codec import Codec
from headway.wire.envelope import Envelope, checked, moment

#: The header's name.
CARRIED: Final = "headway.carried"
_RECORD: Final = "carried"
_MOST_PERCENT: Final = 100


class FirstPlace(NamedTuple):
    """Where a record first lay, whatever tiers it went through since; *timestamp* in ms."""

    topic: str
    partition: int
    offset: int
    timestamp: int

    @staticmethod
    def of(message: Message) -> "FirstPlace":
        """Where *message* lies."""
        return FirstPlace(
            message.topic() or "",
            message.partition() or 0,
            -1 if message.offset() is None else int(message.offset() or 0),
            message.timestamp()[1],
        )


@dataclass(frozen=True, slots=True)
class Carried:
    """The job as it stood, how often this attempt was put off, and why; times in ms.

    `due_at` is 0 in a dead letter; `since` is when the attempt first failed in this stage, 0 if it
    has not; `reached` is the percent of the job that its calls have reported here; `held` is what
    a record in a held topic waits for, empty in any other.
    """

    envelope: Envelope
    origin: FirstPlace
    tries: int = 0
    since: int = 0
    due_at: int = 0
    error_class: str = ""
    message: str = ""
    reached: int = 0
    held: str = ""


class CarriedRecords:
    """Writes and reads the header; safe to share by threads."""

    def __init__(self, codec: Codec) -> None:
        self._codec = codec

    def header(self, carried: Carried) -> tuple[str, bytes]:
        """The header that says *carried*."""
        value = {
            "job": carried.envelope,
            "tries": carried.tries,
            "since": carried.since,
            "due_at": carried.due_at,
            "origin": carried.origin._asdict(),
            "error_class": carried.error_class,
            "message": carried.message,
            "reached": carried.reached,
            "held": carried.held,
        }
        return CARRIED, self._codec.encode(_RECORD, value)

    def of(self, message: Message) -> Carried:
        """What *message* carries.

        Raises:
            DecodeError: nothing, or nothing that a stage writes.
        """
        found = [value for name, value in headers_of(message) if name == CARRIED]
        if not found:
            raise DecodeError(f"the record has no header {CARRIED}: no stage put it here")
        value = found[-1]
        raw = value.encode() if isinstance(value, str) else value
        return _carried(self._codec.decode(raw, _RECORD))


def without(headers: Headers) -> Headers:
    """*headers* as they were before a stage added its own."""
    return [(name, value) for name, value in headers if name not in {CARRIED, KEPT}]


def _carried(value: Mapping[str, Any]) -> Carried:
    for name in ("since", "due_at"):
        if moment(value[name]) != value[name]:
            raise _outside(name, value[name])
    if value["tries"] < 0:
        raise _outside("tries", value["tries"])
    if not 0 <= value["reached"] <= _MOST_PERCENT:
        raise _outside("reached", value["reached"])
    return Carried(
        envelope=checked(value["job"]),
        origin=FirstPlace(**value["origin"]),
        tries=value["tries"],
        since=value["since"],
        due_at=value["due_at"],
        error_class=bounded(value["error_class"], MOST_NAME_CHARACTERS),
        message=bounded(value["message"], MOST_MESSAGE_CHARACTERS),
        reached=value["reached"],
        held=bounded(value["held"], MOST_NAME_CHARACTERS),
    )


def _outside(name: str, value: int) -> DecodeError:
    return DecodeError(f"the header {CARRIED} says {name} is {value}: no stage writes it")
