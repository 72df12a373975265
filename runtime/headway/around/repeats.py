"""Calls in place after an error that may pass within a second."""

from typing import Final

from headway.around.wrapper import Call, Ended
from headway.base.errors import Abandoned, Cancelled
from headway.declared.handler import Done, Job
from headway.declared.retry import Again, Retry
from headway.observing import metrics
from headway.taking.ownership import Ownership
from headway.taking.task import Task

#: What is said of a job whose partition went while a call was waited for.
BETWEEN_CALLS: Final = "the work went to another owner between two calls"


class Repeats:
    """Does what the stage's policy answers to an error: again, or let it out."""

    def __init__(self, stage: str, policy: Retry, ownership: Ownership) -> None:
        self._policy = policy
        self._ownership = ownership
        self._retries = metrics.RETRIES.labels(stage)

    def __call__(self, call: Call) -> Call:
        def repeated(task: Task, job: Job) -> Done | Ended:
            calls = 0
            while True:
                calls += 1
                try:
                    return call(task, job)
                except BaseException as error:  # noqa: BLE001 - Rust libraries panic outside Exception
                    self._after(task, error, calls)

        return repeated

    def _after(self, task: Task, error: BaseException, calls: int) -> None:
        """Wait until it may be called again. Raises *error* if it is not to be in place."""
        seconds = self.pause_after(task, error, calls)
        if seconds is None:
            raise error
        self.count()
        if self._ownership.pause(task, seconds):
            raise Abandoned(BETWEEN_CALLS) from error

    def pause_after(self, task: Task, error: BaseException, calls: int) -> float | None:
        """How long to wait after *calls* calls, the last by *error*; None: no more in place."""
        if isinstance(error, Abandoned) and self._ownership.over(task):
            return None
        if isinstance(error, Cancelled):
            return None
        answer = self._policy.answer(error, calls)
        return answer.pause_seconds if isinstance(answer, Again) else None

    def count(self) -> None:
        """A call is repeated."""
        self._retries.inc()
