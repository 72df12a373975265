"""The record is tried again later where it is: the later ones of its order key wait behind it.

Its offset stays undone, so whoever owns the partition after a crash reads it again, in its order,
and the job's state says how often it was tried and when it is due.
"""

from dataclasses import dataclass

from headway.outcomes.later import LaterTries
from headway.outcomes.postponed import Postponed
from headway.outcomes.rule import Rule
from headway.taking.task import Outcome, Task
from headway.wire.carried import Carried
from headway.wire.envelope import Envelope
from headway.wire.records import StageRecords


@dataclass(frozen=True, slots=True)
class Resting(Outcome):
    """Not over: the pool keeps the task until it is due. Whoever gets it as an outcome drops it."""

    label = Postponed.label
    offset_done = False

    carried: Carried
    at: int

    def state(self, task: Task, records: StageRecords) -> bytes:
        """RETRY_SCHEDULED, which names the place where the record lies and stays."""
        carried, partition = self.carried, task.partition
        states = records.states
        return states.retry_scheduled(
            carried.envelope,
            self.at,
            error=states.passing_error(carried.error_class, carried.message),
            due_at=carried.due_at,
            tries=carried.tries,
            since=carried.since,
            waits_at={
                "topic": partition.topic,
                "partition": partition.index,
                "offset": task.offset,
            },
            reached=task.reached,
        )


class RestingInOrder(Rule):
    """The stage's policy of later tries for jobs that have an order; others go to the tiers.

    Nothing is moved, so a record may be as large as any.
    """

    label = Resting.label

    def __init__(self, later: LaterTries) -> None:
        self._later = later

    def raised(self, task: Task, envelope: Envelope | None, error: BaseException) -> Resting | None:
        if envelope is None or envelope.get("order_key") is None or task.given_up is not None:
            return None
        if task.released:
            return None  # it lies elsewhere than its task, and had no turn
        later = self._later.after(task, envelope, error, event="job.resting")
        return None if later is None else Resting(later.carried, later.at)
