"""A source record on its way through a stage, and what became of it."""

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from headway.base.errors import PermanentError
from headway.base.words import class_name, message_of
from headway.edges.kafka import Message
from headway.taking.partition import OwnedPartition
from headway.wire.envelope import Envelope


class Finished(NamedTuple):
    """The handler returned: the next topic's record and the job's new state, encoded."""

    output: bytes
    state: bytes


class Claim(NamedTuple):
    """A part of a record that lies in the object store, because no dead letter can carry it.

    `part` is `value`, `headers` or `key`.
    """

    part: str
    key: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The stage gives the record up: it becomes a dead letter.

    All words are bounded and encodable: nothing a user or a handler said is met after this.
    `envelope` is None where no job could be read or the job has a state already: then no
    FAILED is written.
    """

    error_class: str
    message: str
    retry_available: bool
    envelope: Envelope | None
    at: int
    claims: tuple[Claim, ...] = ()

    @staticmethod
    def of(
        error: BaseException, *, envelope: Envelope | None, at: int, claims: tuple[Claim, ...] = ()
    ) -> "Failed":
        """Given up because of *error*; never raises, whatever the error is."""
        return Failed(
            error_class=class_name(error),
            message=message_of(error),
            retry_available=not issubclass(type(error), PermanentError),
            envelope=envelope,
            at=at,
            claims=claims,
        )


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
    calls the handler, so a set envelope and no outcome means RUNNING. `given_up` is the reason
    of the loop to let no handler have it: the worker makes a failure of it. `deliveries` counts
    how often the record was handed over, where that is counted; `said_bytes` is what saying the
    outcome takes.
    """

    partition: OwnedPartition
    offset: int
    message: Message
    key: bytes
    size_bytes: int
    duplicate: bool = False
    deliveries: int = 0
    given_up: BaseException | None = None
    envelope: Envelope | None = None
    started_at: int = 0
    started_monotonic: float = 0.0
    announced: bool = False
    progress: tuple[int, str] | None = None
    progress_sent: tuple[int, str] | None = None
    outcome: Outcome | None = None
    said_bytes: int = 0
