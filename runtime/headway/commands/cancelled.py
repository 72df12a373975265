"""Somebody wants an attempt ended: it is, wherever its stage next meets it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from headway.base.clock import Clock
from headway.declared.handler import Done
from headway.outcomes.duplicate import Duplicate
from headway.outcomes.rule import Rule
from headway.taking.task import Outcome, Task
from headway.wire.envelope import Envelope
from headway.wire.route import Record, Route


@dataclass(frozen=True, slots=True)
class Cancelled(Outcome):
    """CANCELLED is all there is to say: no output, no dead letter."""

    label = "cancelled"
    end = "cancelled"

    envelope: Envelope
    message: str
    at: int
    reached: int

    def job(self, _: Task) -> Envelope:
        return self.envelope

    def records(self, task: Task, route: Route, offsets: Sequence[int]) -> Iterator[Record]:
        del offsets
        state = route.records.states.cancelled(
            self.envelope, self.at, self.message, began=task.started_at, reached=self.reached
        )
        key = self.envelope["job_id"].encode()
        yield Record(route.state, task.partition.index, key, state)


def cancelled(task: Task, envelope: Envelope, message: str, at: int, *, reached: int) -> Cancelled:
    """The end of the attempt of *envelope*; nothing of it is handled from now on.

    *reached* is the percent that it had reported.
    """
    jobs = task.partition.jobs
    jobs.held.leave(envelope["job_id"])
    jobs.settle(envelope["job_id"], envelope["attempt"])
    return Cancelled(envelope, message, at, reached)


class Cancelling(Rule):
    """Ends what is to be ended: before its handler, while that runs, and when it has returned."""

    label = Cancelled.label

    def __init__(self, label: str, *, clock: Clock) -> None:
        """*label* is what people call the stage."""
        self._before = f"Cancelled before {label} began."
        self._while = f"Cancelled while {label} was running."
        self._clock = clock

    def opened(self, task: Task, envelope: Envelope) -> Outcome | None:
        jobs = task.partition.jobs
        if not jobs.held.cancels:
            return None  # nearly always: no call
        if not jobs.held.is_cancelled(envelope["job_id"], envelope["attempt"]):
            return None
        if jobs.is_over(envelope["job_id"], envelope["attempt"]):
            return Duplicate()
        return self._end(task, envelope, self._before)

    def returned(self, task: Task, envelope: Envelope, done: Done) -> Cancelled | None:
        del done
        return self._ended(task, envelope) if task.partition.jobs.held.cancels else None

    def raised(
        self, task: Task, envelope: Envelope | None, error: BaseException
    ) -> Cancelled | None:
        del error
        return None if envelope is None else self._ended(task, envelope)

    def _ended(self, task: Task, envelope: Envelope) -> Cancelled | None:
        held = task.partition.jobs.held
        if not held.is_cancelled(envelope["job_id"], envelope["attempt"]):
            return None
        return self._end(task, envelope, self._while)

    def _end(self, task: Task, envelope: Envelope, message: str) -> Cancelled:
        return cancelled(task, envelope, message, self._clock.now_ms(), reached=task.reached)
