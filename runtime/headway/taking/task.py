"""A source record on its way through a stage, and what an outcome has to say of itself."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from headway.edges.kafka import Message
from headway.owning.partition import OwnedPartition
from headway.tracing.jobtrace import JobTrace
from headway.wire.carried import Carried
from headway.wire.commands import Command
from headway.wire.envelope import Envelope
from headway.wire.route import Record, Route


class Column(NamedTuple):
    """A topic, and the value of a record in it for each of some tasks, in their order.

    *traced*: a job's trace goes on with its record.
    """

    topic: str
    values: Sequence[bytes | None]
    traced: bool = False


class Outcome:
    """What became of a task; each kind is a file of `headway.outcomes` and says what is its own.

    Whoever carries outcomes on (the frame, the transaction, the loop) knows them by this alone.
    """

    __slots__ = ()

    #: How it is counted in the metric of records.
    label: ClassVar[str]
    #: Whether the offset is done once the frame is committed; if not, nothing is said.
    offset_done: ClassVar[bool] = True
    #: Whether a trace shows it: not what a stage has nothing to do with.
    traced: ClassVar[bool] = True
    #: What it is for a job that ends with it; None: the stage is not through with the job.
    end: ClassVar[str | None] = None

    @property
    def why(self) -> str | None:
        """The class of the error by which a job is given up; None if it is not."""
        return None

    def job(self, task: "Task") -> Envelope | None:
        """The job that has come to its `end`; None if there is none."""
        return task.envelope

    def size_bytes(self, task: "Task") -> int:
        """About how many bytes saying it takes: what one transaction carries is bounded."""
        del task
        return 0

    def leading(self, task: "Task", route: Route) -> Sequence[Record]:
        """Records whose offsets the others name: they are acknowledged before those are made."""
        del task, route
        return ()

    def records(self, task: "Task", route: Route, offsets: Sequence[int]) -> Iterable[Record]:
        """The other records; *offsets* are those that the leading ones have got.

        May be asked again, with other offsets, if the transaction was aborted.
        """
        del task, route, offsets
        return ()

    def committed(self, task: "Task", offsets: Sequence[int]) -> None:
        """Called by the loop when all of it is visible, for tasks that had leading records."""
        del task, offsets

    @classmethod
    def columns(cls, tasks: Sequence["Task"], route: Route) -> Sequence[Column] | None:
        """All that *tasks* say, whose outcomes are of this class; None: each has its `records`.

        For what nearly every task says: no object and no call a record. The records have the
        tasks' own keys and partitions, and no headers but those of their traces.
        """
        del tasks, route
        return None


@dataclass(slots=True, eq=False)
class Task:
    """One polled record. Written by the loop, then by one worker, then by the loop again.

    `key` orders tasks: one at a time for a key. `envelope` is set by the worker just before it
    calls the handler, so a set envelope and no outcome means RUNNING. `given_up` is the reason
    of the loop to let no handler have it: the worker makes a failure of it. `deliveries` counts
    how often the record was handed over, where that is counted; `said_bytes` is what saying the
    outcome takes. `announced` is that a frame says that it runs, `told` that this is committed.
    `carried` is what this stage put beside a record that comes again, `command` what one says that
    is no job. `trace` is what is recorded of it or handed on, where anything is. `waits_at` is
    where the record lies of a job that was held; if a command has `released` it, `message` is that.
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
    told: bool = False
    progress: tuple[int, str] | None = None
    progress_sent: tuple[int, str] | None = None
    outcome: Outcome | None = None
    said_bytes: int = 0
    carried: Carried | None = None
    command: Command | None = None
    trace: JobTrace | None = None
    waits_at: Mapping[str, Any] | None = None
    released: bool = False

    @property
    def reached(self) -> int:
        """The percent of the job that was reported by this call or those before; 0 if none was."""
        before = self.carried.reached if self.carried else 0
        return max(self.progress[0], before) if self.progress else before


def keyless(partition: OwnedPartition, offset: int) -> bytes:
    """The key of a task whose record has none: nobody else's."""
    return b"\x00%s/%d/%d" % (partition.topic.encode(), partition.index, offset)


def is_to_be_cancelled(task: Task) -> bool:
    """Whether somebody wants an attempt at the job ended: this one, or another."""
    cancels = task.partition.jobs.held.cancels
    return bool(cancels) and task.key.decode("ascii", "replace") in cancels
