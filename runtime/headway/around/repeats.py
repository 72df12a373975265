"""Calls in place after an error that may pass; what waits for longer goes elsewhere."""

from collections.abc import Callable
from typing import TypeAlias

from headway.around.wrapper import Call, Ended
from headway.base.errors import Abandoned
from headway.declared.handler import Done, Job
from headway.declared.retry import Again, Later, Retry
from headway.observing import metrics
from headway.taking.ownership import Ownership
from headway.taking.task import Outcome, Task

#: What becomes of a task that is to be called again so many seconds from now; None: it is given up.
Postpone: TypeAlias = Callable[[Task, BaseException, float], Outcome | None]


def never(_task: Task, _error: BaseException, _seconds: float) -> None:
    """There is no later: what would wait is given up."""


class Repeats:
    """Does what the stage's policy answers to an error: again, later, or let it out."""

    def __init__(
        self, stage: str, policy: Retry, ownership: Ownership, *, postpone: Postpone = never
    ) -> None:
        self._policy = policy
        self._ownership = ownership
        self._postpone = postpone
        self._retries = metrics.RETRIES.labels(stage)

    def __call__(self, call: Call) -> Call:
        def repeated(task: Task, job: Job) -> Done | Ended:
            calls = 0
            while True:
                calls += 1
                try:
                    return call(task, job)
                except BaseException as error:  # noqa: BLE001 - Rust libraries panic outside Exception
                    ended = self._after(task, error, calls)
                    if ended is not None:
                        return ended

        return repeated

    def _after(self, task: Task, error: BaseException, calls: int) -> Ended | None:
        """None: call again. Raises *error* if nothing more is to be tried."""
        if isinstance(error, Abandoned) and self._ownership.over(task):
            raise error
        match self._policy.answer(error, calls):
            case Again(pause_seconds):
                self._retries.inc()
                if self._ownership.pause(task, pause_seconds):
                    raise Abandoned("the work went to another owner between two calls") from error
                return None
            case Later(seconds):
                outcome = self._postpone(task, error, seconds)
                if outcome is not None:
                    return Ended(outcome)
        raise error
