"""Where a table or a client stands: the next offset of every partition that is read.

The text form of a position is the `id:` of server-sent events:

    3f0c9d2ab7e1:12.0.7:40.3.19:9.0.1            epoch : jobs.submitted : job-state : job-progress
    3f0c9d2ab7e1:12.0.7:40.3.19:9.0.1~1.0.0:4.0.2:0.0.0

It says two things. Before the `~`: everything below has been seen, so that a reader who resumes
is sent what is newer (job-progress is lossy and never sent again). With what stands behind the
`~` added: nothing beyond has been seen, so a table that has not come as far may show something
older and must not be asked yet. In the middle of a sending the two differ; without `~` they are
the same. The epoch names the cluster and its topics, so an id of another cluster is recognized.
A job's row keeps the record that wrote it as one integer, its *origin*, which sorts by source,
then partition, then offset: "everything newer than this vector" is then a few index ranges.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, TypeVar

#: A `Source`, or its number as it is stored.
S = TypeVar("S", bound=int)

_PARTITION_BITS: Final = 16
_OFFSET_BITS: Final = 44
_OFFSETS: Final = r"([0-9.]{1,4000})"
#: Ids of before job-progress counted have two parts; they are taken for ones that saw none of it.
_ID: Final = re.compile(
    rf"([0-9a-f-]{{1,40}}):{_OFFSETS}:{_OFFSETS}(?::{_OFFSETS}(?:~{_OFFSETS}:{_OFFSETS}:{_OFFSETS})?)?"
)
_OFFSET: Final = re.compile(r"[0-9]{1,13}")


class Source(IntEnum):
    """A topic the table is made of; the number is stored, so it never changes."""

    SUBMITTED = 0
    STATE = 1
    PROGRESS = 2


#: The sources of which a reader who resumes is sent what it missed.
RESUMED: Final = (Source.SUBMITTED, Source.STATE)


class PositionError(ValueError):
    """Raised when a text is no position; the message says what is wrong with it."""


def origin_of(source: int, partition: int, offset: int) -> int:
    """One record as one integer that sorts by source (a `Source`'s number), partition, offset."""
    return (((source << _PARTITION_BITS) | partition) << _OFFSET_BITS) | offset


def place_of(origin: int) -> tuple[Source, int, int]:
    """Source, partition and offset of the record that *origin* stands for."""
    offset = origin & ((1 << _OFFSET_BITS) - 1)
    place = origin >> _OFFSET_BITS
    return Source(place >> _PARTITION_BITS), place & ((1 << _PARTITION_BITS) - 1), offset


@dataclass(frozen=True, slots=True)
class Vector:
    """The next offset of each partition: everything below it has been seen."""

    submitted: tuple[int, ...]
    states: tuple[int, ...]
    reports: tuple[int, ...]

    @staticmethod
    def beginning(partitions: int) -> "Vector":
        return Vector(*((0,) * partitions for _ in Source))

    @staticmethod
    def of_ends(partitions: int, ends: Mapping[tuple[S, int], int]) -> "Vector":
        """What has seen each partition of a source up to the offset that *ends* names."""
        # A tick makes some of these on the event loop: no enum is gone through here.
        parts = ([0] * partitions, [0] * partitions, [0] * partitions)
        for (source, partition), offset in ends.items():
            parts[source][partition] = offset
        return Vector(tuple(parts[0]), tuple(parts[1]), tuple(parts[2]))

    @property
    def partitions(self) -> int:
        """How many partitions each topic has."""
        return len(self.states)

    def of(self, source: Source) -> tuple[int, ...]:
        """The next offsets of one source."""
        return (self.submitted, self.states, self.reports)[source]

    def covers(self, other: "Vector") -> bool:
        """Whether everything *other* has seen is seen here too."""
        pairs = zip(self.all_offsets, other.all_offsets, strict=False)
        return other.partitions <= self.partitions and all(a >= b for a, b in pairs)

    def has_seen(self, source: Source, partition: int, offset: int) -> bool:
        """Whether that record is below this vector; False for a partition that is none."""
        offsets = self.of(source)
        return partition < len(offsets) and offset < offsets[partition]

    def advanced(self, source: Source, partition: int, next_offset: int) -> "Vector":
        """A vector that has also seen one partition up to *next_offset*; never goes back."""
        parts = [list(self.of(source)) for source in Source]
        parts[source][partition] = max(parts[source][partition], next_offset)
        return Vector(*map(tuple, parts))

    def widened(self, partitions: int) -> "Vector":
        """The same where topics have grown to *partitions*: of the new ones nothing was seen."""
        grown = (self.of(source) + (0,) * (partitions - self.partitions) for source in Source)
        return Vector(*grown)

    def joined(self, other: "Vector") -> "Vector":
        """What has seen what either has; both are of as many partitions."""
        return self._with(other, max)

    def plus(self, other: "Vector") -> "Vector":
        return self._with(other, int.__add__)

    def minus(self, other: "Vector") -> "Vector":
        return self._with(other, int.__sub__)

    def _with(self, other: "Vector", combine: Callable[[int, int], int]) -> "Vector":
        return Vector(
            tuple(map(combine, self.submitted, other.submitted)),
            tuple(map(combine, self.states, other.states)),
            tuple(map(combine, self.reports, other.reports)),
        )

    @property
    def all_offsets(self) -> tuple[int, ...]:
        return self.submitted + self.states + self.reports

    def __str__(self) -> str:
        parts = (self.submitted, self.states, self.reports)
        return ":".join([".".join(map(str, offsets)) for offsets in parts])


@dataclass(frozen=True, slots=True)
class Position:
    """What a reader has seen, and the epoch in which it means something.

    All below `vector` has been seen, nothing beyond `seen`, which is never behind it.
    """

    epoch: str
    vector: Vector
    seen: Vector

    @staticmethod
    def at(epoch: str, vector: Vector) -> "Position":
        """The position of one who has seen all below *vector* and nothing beyond."""
        return Position(epoch, vector, vector)

    @property
    def base(self) -> str:
        """The epoch without the mark of losses: what names the cluster and its topics."""
        return self.epoch.partition("-")[0]

    def __str__(self) -> str:
        text = f"{self.epoch}:{self.vector}"
        return text if self.seen == self.vector else f"{text}~{self.seen.minus(self.vector)}"


def parse_position(text: str) -> Position:
    """The position that `str` wrote.

    Raises:
        PositionError: it is not of that form, or its parts name different partition counts.
    """
    match = _ID.fullmatch(text)
    if match is None:
        raise PositionError(f"{text[:80]!r} is not epoch:offsets:offsets:offsets")
    epoch, *parts = match.groups()
    offsets = [_offsets(part) for part in parts if part is not None]
    if any(len(part) != len(offsets[0]) for part in offsets):
        told = ", ".join(str(len(part)) for part in offsets)
        raise PositionError(f"its topics have different numbers of partitions: {told}")
    nothing = (0,) * len(offsets[0])
    vector = Vector(offsets[0], offsets[1], offsets[2] if len(offsets) > 2 else nothing)  # noqa: PLR2004 - the third part
    ahead = Vector(*offsets[3:]) if offsets[3:] else Vector.beginning(len(nothing))
    return Position(epoch, vector, vector.plus(ahead))


def _offsets(text: str) -> tuple[int, ...]:
    parts = text.split(".")
    for part in parts:
        if not _OFFSET.fullmatch(part):
            raise PositionError(f"{part[:40]!r} is no offset")
    return tuple(map(int, parts))
