"""A source record on its way through a stage, and what became of it."""

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from headway.envelope import Envelope
from headway.kafka import Message
from headway.owned import OwnedPartition


class Finished(NamedTuple):
    """The handler returned: the next topic's record and the job's new state, encoded."""

    output: bytes
    state: bytes


@dataclass(frozen=True, slots=True)
class Failed:
    """The stage gives the record up: it becomes a dead letter.

    `envelope` is None where no job could be read or the job has a state already: then no
    FAILED is written.
    """

    error: BaseException
    retry_available: bool
    envelope: Envelope | None
    at: int


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The job was opened by an earlier record: nothing is to be said, the offset is done."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """The work is not ours any more or the process is stopping: the offset is not done."""


Outcome: TypeAlias = Finished | Failed | Duplicate | Dropped


@dataclass(slots=True, eq=False)
class Task:
    """One polled record. Written by the loop, then by one worker, then by the loop again.

    `key` orders tasks: one at a time for a key. `envelope` is set by the worker just before it
    calls the handler, so a set envelope and no outcome means RUNNING.
    """

    partition: OwnedPartition
    offset: int
    message: Message
    key: bytes
    size_bytes: int
    duplicate: bool = False
    envelope: Envelope | None = None
    started_at: int = 0
    started_monotonic: float = 0.0
    announced: bool = False
    progress: tuple[int, str] | None = None
    progress_sent: tuple[int, str] | None = None
    outcome: Outcome | None = None
