"""Where a table or a client stands: the next offset of every partition that moves jobs.

Two sources count, jobs.submitted and job-state; job-progress is lossy and never resumed. The
text form of a position is the `id:` of server-sent events:

    3f0c9d2ab7e1:12.0.7:40.3.19      epoch : jobs.submitted : job-state

The epoch names the cluster and its topics, so an id of another cluster is recognized as such.
A job's row keeps the record that wrote it as one integer, its *origin*, which sorts by source,
then partition, then offset: "everything newer than this vector" is then a few index ranges.
"""

import re
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

_PARTITION_BITS: Final = 16
_OFFSET_BITS: Final = 44
_ID: Final = re.compile(r"([0-9a-f-]{1,40}):([0-9.]{1,4000}):([0-9.]{1,4000})")
_OFFSET: Final = re.compile(r"[0-9]{1,13}")


class Source(IntEnum):
    """A topic the table is made of; the number is stored, so it never changes."""

    SUBMITTED = 0
    STATE = 1
    PROGRESS = 2


#: The sources a client's position speaks of, in its order.
RESUMED: Final = (Source.SUBMITTED, Source.STATE)


class PositionError(ValueError):
    """Raised when a text is no position; the message says what is wrong with it."""


def origin_of(source: Source, partition: int, offset: int) -> int:
    """One record as one integer that sorts by source, partition, offset."""
    return (((source << _PARTITION_BITS) | partition) << _OFFSET_BITS) | offset


@dataclass(frozen=True, slots=True)
class Vector:
    """The next offset of each partition: everything below it has been seen."""

    submitted: tuple[int, ...]
    states: tuple[int, ...]

    @staticmethod
    def beginning(partitions: int) -> "Vector":
        return Vector((0,) * partitions, (0,) * partitions)

    def of(self, source: Source) -> tuple[int, ...]:
        """The next offsets of one of the `RESUMED` sources."""
        return self.submitted if source is Source.SUBMITTED else self.states

    def covers(self, other: "Vector") -> bool:
        """Whether everything *other* has seen is seen here too."""
        mine, theirs = self.submitted + self.states, other.submitted + other.states
        return all(a >= b for a, b in zip(mine, theirs, strict=True))

    def has_seen(self, source: Source, partition: int, offset: int) -> bool:
        """Whether that record is below this vector; False for a partition that is none."""
        offsets = self.of(source)
        return partition < len(offsets) and offset < offsets[partition]

    def advanced(self, source: Source, partition: int, next_offset: int) -> "Vector":
        """A vector that has also seen one partition up to *next_offset*; never goes back."""
        offsets = list(self.of(source))
        offsets[partition] = max(offsets[partition], next_offset)
        if source is Source.SUBMITTED:
            return Vector(tuple(offsets), self.states)
        return Vector(self.submitted, tuple(offsets))


@dataclass(frozen=True, slots=True)
class Position:
    """A vector and the epoch in which it means something."""

    epoch: str
    vector: Vector

    def __str__(self) -> str:
        parts = (".".join(map(str, self.vector.of(source))) for source in RESUMED)
        return ":".join((self.epoch, *parts))


def parse_position(text: str) -> Position:
    """The position that `str` wrote.

    Raises:
        PositionError: it is not of that form, or its parts name different partition counts.
    """
    match = _ID.fullmatch(text)
    if match is None:
        raise PositionError(f"{text[:80]!r} is not epoch:offsets:offsets")
    submitted, states = _offsets(match[2]), _offsets(match[3])
    if len(submitted) != len(states):
        raise PositionError(
            f"it has {len(submitted)} partitions of jobs.submitted, {len(states)} of job-state"
        )
    return Position(match[1], Vector(submitted, states))


def _offsets(text: str) -> tuple[int, ...]:
    parts = text.split(".")
    for part in parts:
        if not _OFFSET.fullmatch(part):
            raise PositionError(f"{part[:40]!r} is no offset")
    return tuple(map(int, parts))
