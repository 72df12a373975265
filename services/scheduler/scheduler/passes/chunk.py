"""Jobs read for a walk, some at a time, beside the loop."""

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

from scheduler.lane.job import Job


@dataclass(frozen=True, slots=True)
class Chunk:
    """States in their order, None for a tombstone; *next* is the offset behind all that was read.

    *ended* says that this was the end of what is committed.
    """

    states: Sequence[tuple[str, int, Job | None]]
    next: int
    ended: bool


class Walker(Protocol):
    """Reads job-state; its answers come beside the loop."""

    def read(self, lane: int, offset: int) -> Future[Chunk]:
        """States from *offset* on, as many as are at hand."""
        ...

    def close(self) -> None:
        """Read nothing more; does not wait."""
        ...
