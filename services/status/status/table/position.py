"""Where a table or a client stands: the next offset of every partition that is read.

The text form of a position is the `id:` of server-sent events, an epoch and then the offsets in
`jobs.submitted`, `job-state`, `job-progress`, `job-commands` and `command-results`:

    3f0c9d2ab7e1:12.0.7:40.3.19:9.0.1:2.0.0:1.0.0
    3f0c9d2ab7e1:12.0.7:40.3.19:9.0.1:2.0.0:1.0.0~1.0.0:4.0.2:0.0.0:0.0.0:0.0.0

It says two things. Before the `~`: everything below has been seen, so that a reader who resumes
is sent what is newer (job-progress is lossy and never sent again). With what stands behind the
`~` added: nothing beyond has been seen, so a table that has not come as far may show something
older and must not be asked yet. In the middle of a sending the two differ; without `~` they are
the same. The epoch names the cluster and its topics, so an id of another cluster is recognized.
A job's row keeps the record that wrote it as one integer, its *origin*, which sorts by source,
then partition, then offset: "everything newer than this vector" is then a few index ranges. What
was asked of a job has an origin of its own.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, TypeVar

#: A `Source`, or its number as it is stored.
S = TypeVar("S", bound=int)

_PARTITION_BITS: Final = 16
_OFFSET_BITS: Final = 44
#: Topics and partitions of an id that is worth looking at.
_LONGEST: Final = 20_000
_EPOCH: Final = re.compile(r"[0-9a-f-]{1,40}")
_OFFSET: Final = re.compile(r"[0-9]{1,13}")


class Source(IntEnum):
    """A topic the table is made of; the number is stored, so it never changes."""

    SUBMITTED = 0
    STATE = 1
    PROGRESS = 2
    COMMANDS = 3
    RESULTS = 4


_SOURCES: Final = len(Source)
#: The sources of which a reader who resumes is sent what it missed: what wrote the rows, and what
#: was asked of their jobs.
WRITING: Final = (Source.SUBMITTED, Source.STATE)
ASKING: Final = (Source.COMMANDS, Source.RESULTS)


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
    """The next offset of each partition, by source: everything below it has been seen."""

    parts: tuple[tuple[int, ...], ...]

    @staticmethod
    def beginning(partitions: int) -> "Vector":
        return Vector(tuple((0,) * partitions for _ in Source))

    @staticmethod
    def of_ends(partitions: int, ends: Mapping[tuple[S, int], int]) -> "Vector":
        """What has seen each partition of a source up to the offset that *ends* names."""
        # A tick makes some of these on the event loop: no enum is gone through here.
        parts = [[0] * partitions for _ in range(_SOURCES)]
        for (source, partition), offset in ends.items():
            parts[source][partition] = offset
        return Vector(tuple(map(tuple, parts)))

    @property
    def partitions(self) -> int:
        """How many partitions each topic has."""
        return len(self.parts[0])

    def of(self, source: Source) -> tuple[int, ...]:
        """The next offsets of one source."""
        return self.parts[source]

    def covers(self, other: "Vector") -> bool:
        """Whether everything *other* has seen is seen here too."""
        if other.partitions > self.partitions:
            return False
        pairs = zip(self.parts, other.parts, strict=True)
        return all(all(map(int.__ge__, mine, its)) for mine, its in pairs)

    def has_seen(self, source: Source, partition: int, offset: int) -> bool:
        """Whether that record is below this vector; False for a partition that is none."""
        offsets = self.of(source)
        return partition < len(offsets) and offset < offsets[partition]

    def advanced(self, source: Source, partition: int, next_offset: int) -> "Vector":
        """A vector that has also seen one partition up to *next_offset*; never goes back."""
        parts = [list(part) for part in self.parts]
        parts[source][partition] = max(parts[source][partition], next_offset)
        return Vector(tuple(map(tuple, parts)))

    def widened(self, partitions: int) -> "Vector":
        """The same where topics have grown to *partitions*: of the new ones nothing was seen."""
        more = (0,) * (partitions - self.partitions)
        return Vector(tuple(part + more for part in self.parts))

    def joined(self, other: "Vector") -> "Vector":
        """What has seen what either has; both are of as many partitions."""
        return self._with(other, max)

    def but(self, other: "Vector", sources: Collection[Source]) -> "Vector":
        """The same, with the offsets *other* has in *sources*."""
        return Vector(tuple((other if s in sources else self).of(s) for s in Source))

    def plus(self, other: "Vector") -> "Vector":
        return self._with(other, int.__add__)

    def minus(self, other: "Vector") -> "Vector":
        return self._with(other, int.__sub__)

    def _with(self, other: "Vector", combine: Callable[[int, int], int]) -> "Vector":
        pairs = zip(self.parts, other.parts, strict=True)
        return Vector(tuple(tuple(map(combine, mine, its)) for mine, its in pairs))

    def __str__(self) -> str:
        return ":".join([".".join(map(str, part)) for part in self.parts])


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
    seen, mark, more = text.partition("~")
    epoch, *below = seen.split(":")
    above = more.split(":") if mark else []
    fits = len(text) <= _LONGEST and _EPOCH.fullmatch(epoch) and len(below) == _SOURCES
    if not fits or (mark and len(above) != _SOURCES):
        raise PositionError(f"{text[:80]!r} is not an epoch and the offsets of {_SOURCES} topics")
    offsets = [_offsets(part) for part in (*below, *above)]
    if any(len(part) != len(offsets[0]) for part in offsets):
        told = ", ".join(str(len(part)) for part in offsets)
        raise PositionError(f"its topics have different numbers of partitions: {told}")
    vector = Vector(tuple(offsets[:_SOURCES]))
    ahead = Vector(tuple(offsets[_SOURCES:])) if mark else Vector.beginning(vector.partitions)
    return Position(epoch, vector, vector.plus(ahead))


def _offsets(text: str) -> tuple[int, ...]:
    parts = text.split(".")
    for part in parts:
        if not _OFFSET.fullmatch(part):
            raise PositionError(f"{part[:40]!r} is no offset")
    return tuple(map(int, parts))
