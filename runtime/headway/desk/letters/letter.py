"""A dead letter as its headers tell of it: where it lies, of which job it is, and why it is one."""

from collections.abc import Mapping
from typing import NamedTuple

from headway.base.errors import DecodeError
from headway.base.numbers import number_of
from headway.base.words import bounded
from headway.edges.kafka import Message
from headway.edges.messages import headers_of
from headway.outcomes.deadletter import PREFIX, Claim
from headway.wire.carried import CarriedRecords
from headway.wire.records import job_id_from

_PARTS = ("value", "headers", "key")


class Letter(NamedTuple):
    """What is told of one letter; `claims` are its parts that lie in the object store."""

    topic: str
    partition: int
    offset: int
    job_id: str | None
    attempt: int
    stage: str
    error_class: str
    message: str
    failed_at: int
    size_bytes: int
    claims: tuple[Claim, ...] = ()
    missing: str = ""

    @property
    def place(self) -> str:
        """As the command line takes it."""
        return f"{self.topic} {self.partition} {self.offset}"

    def told(self) -> dict[str, object]:
        """For machines."""
        return {**self._asdict(), "claims": [claim._asdict() for claim in self.claims]}


def letter_of(message: Message, carried: CarriedRecords) -> Letter:
    """What the headers of *message* say; what they do not is empty, so that it never raises."""
    said = _said(message)
    return Letter(
        topic=message.topic() or "",
        partition=message.partition() or 0,
        offset=message.offset() or 0,
        job_id=job_id_from(message.key()) or _job_id(message, carried),
        attempt=_number(said, "attempt", 1),
        stage=said.get("stage", ""),
        error_class=said.get("error.class", ""),
        message=said.get("error.message", ""),
        failed_at=_number(said, "failed.at", message.timestamp()[1]),
        size_bytes=len(message),
        claims=tuple(_claims(said)),
        missing=said.get("claim.missing", ""),
    )


def origin_of(message: Message) -> tuple[str, int, int, int]:
    """Topic, partition, offset and timestamp (ms) of the record that was given up."""
    said = _said(message)
    numbers = [_number(said, name, 0) for name in ("partition", "offset", "timestamp")]
    return said.get("topic", ""), numbers[0], numbers[1], numbers[2]


def _said(message: Message) -> Mapping[str, str]:
    """The stage's own headers; those it put last, whatever the record came with."""
    return {
        name.removeprefix(PREFIX): _text(value)
        for name, value in headers_of(message)
        if name.startswith(PREFIX)
    }


def _claims(said: Mapping[str, str]) -> list[Claim]:
    names = {part: "claim" if part == "value" else f"claim.{part}" for part in _PARTS}
    return [
        Claim(part, said[name], _number(said, f"{name}.size", 0), said.get(f"{name}.sha256", ""))
        for part, name in names.items()
        if name in said
    ]


def _job_id(message: Message, carried: CarriedRecords) -> str | None:
    try:
        return str(carried.of(message).envelope["job_id"])
    except DecodeError:
        return None


def _number(said: Mapping[str, str], name: str, otherwise: int) -> int:
    number = number_of(said.get(name))
    return otherwise if number is None else number


def _text(value: str | bytes | None) -> str:
    said = value.decode(errors="replace") if isinstance(value, bytes) else value or ""
    return bounded(said, 2000)
