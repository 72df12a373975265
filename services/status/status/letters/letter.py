"""A dead letter as the list keeps it: what its headers say, or as much as they say."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from headway.base.errors import DecodeError
from headway.base.numbers import number_of
from headway.base.words import MOST_MESSAGE_CHARACTERS, bounded
from headway.edges.kafka import Headers, Message
from headway.edges.messages import headers_of
from headway.outcomes.deadletter import CLAIM_NAMES, PREFIX
from headway.wire.carried import CarriedRecords
from headway.wire.codec import Codec
from headway.wire.records import job_id_from

_MOST_CLASS_CHARACTERS: Final = 128
_MOST_STAGE_CHARACTERS: Final = 64
_MOST_CLAIM_CHARACTERS: Final = 1000
_MOST_NUMBER: Final = 2**53
#: Where parts lie that no letter can carry; the value is what people ask for first.


class Letter(NamedTuple):
    """One dead letter; the fields are the columns of the list, in order. Times are ms.

    `at` is when the broker took it. `size_bytes` is that of the record's value, wherever it lies.
    """

    topic: str
    partition: int
    offset: int
    at: int
    job_id: str | None
    attempt: int
    stage: str
    error_class: str
    message: str
    failed_at: int
    size_bytes: int
    claim: str | None


class Letters:
    """Reads records of dead-letter topics; whatever lies there is a letter, so nothing raises.

    *stages* are the stages by the topics they write, as the cluster calls these.
    """

    def __init__(self, codec: Codec, stages: Mapping[str, str]) -> None:
        self._carried = CarriedRecords(codec)
        self._stages = stages

    def of(self, message: Message) -> Letter:
        """What *message* tells."""
        told = _told(headers_of(message))
        topic, at = message.topic() or "", message.timestamp()[1]
        value = message.value() or b""
        return Letter(
            topic=topic,
            partition=message.partition() or 0,
            offset=message.offset() or 0,
            at=at,
            job_id=self._job_id(message),
            attempt=_number(told.get("attempt"), 1),
            stage=bounded(told.get("stage"), _MOST_STAGE_CHARACTERS)
            if "stage" in told
            else self._stages.get(topic, ""),
            error_class=bounded(told.get("error.class", ""), _MOST_CLASS_CHARACTERS),
            message=bounded(told.get("error.message", ""), MOST_MESSAGE_CHARACTERS),
            failed_at=_number(told.get("failed.at"), at),
            size_bytes=_number(told.get("claim.size"), len(value)),
            claim=_claim(told),
        )

    def _job_id(self, message: Message) -> str | None:
        try:
            return str(self._carried.of(message).envelope["job_id"])
        except DecodeError:
            return job_id_from(message.key())


def _told(headers: Headers) -> dict[str, str]:
    """Our own headers as text; the last of a name counts, as it was put there last."""
    return {
        name.removeprefix(PREFIX): value
        if isinstance(value, str)
        else value.decode("utf-8", "replace")
        for name, value in headers
        if name.startswith(PREFIX) and value is not None
    }


def _claim(told: Mapping[str, str]) -> str | None:
    found = [told[name] for name in CLAIM_NAMES if name in told]
    return bounded(found[0], _MOST_CLAIM_CHARACTERS) if found else None


def _number(text: str | None, otherwise: int) -> int:
    number = number_of(text)
    return otherwise if number is None else min(number, _MOST_NUMBER)
