"""Where reading stops because a newer release has written what this one cannot read.

In a rolling upgrade that passes with this process; taken in the wrong order it lasts until this
service is upgraded too. Skipping such a record would lose what it says for good.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypeVar

from headway.base.errors import UnknownSchema
from status.reading.batch import Read
from status.table.position import Source

T = TypeVar("T")


class Halt(NamedTuple):
    """The first record of a partition that cannot be read, and why."""

    offset: int
    reason: str


def unknown_in(source: Source, read: Read[T]) -> dict[tuple[Source, int], Halt]:
    """For each partition the first record whose schema is unknown."""
    halts: dict[tuple[Source, int], Halt] = {}
    for message, error in read[1]:
        partition, offset = message.partition(), message.offset()
        if isinstance(error, UnknownSchema) and partition is not None and offset is not None:
            known = halts.get((source, partition))
            if known is None or offset < known.offset:
                halts[source, partition] = Halt(offset, str(error))
    return halts


def told(topics: Mapping[Source, str], halts: Mapping[tuple[Source, int], Halt]) -> str:
    """The places and the first reason, for people."""
    places = ", ".join(_places(topics, halts))
    reason = next(iter(halts.values())).reason
    return f"a newer release wrote {places}: upgrade this service ({reason})"


def _places(
    topics: Mapping[Source, str], halts: Mapping[tuple[Source, int], Halt]
) -> Iterable[str]:
    for (source, partition), halt in sorted(halts.items()):
        yield f"{topics[source]}[{partition}]@{halt.offset}"
