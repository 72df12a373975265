"""A stage that gives up one job after another waits, instead of giving up all that there are.

It lies around all that is done with a task: what is counted is what becomes of it. A task that
comes while the limit is reached waits before anything is done with it.
"""

import sys
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from threading import Lock

from headway.around.circuit import Circuit, Pass, time_of_day
from headway.around.guard import Guard
from headway.base.clock import Clock
from headway.base.words import bounded
from headway.declared.failurelimit import FailureLimit
from headway.declared.pipeline import StageDeclaration
from headway.observing import metrics
from headway.outcomes.failed import Failed
from headway.outcomes.finished import Finished
from headway.taking.ownership import Ownership
from headway.taking.task import Outcome, Task, is_to_be_cancelled
from headway.wire.commands import releases

_MOST_ERROR_CHARACTERS = 300


class Limiting(Guard):
    """Counts outcomes; shared by the workers."""

    kind = "failure_limit"
    reason = "too many dead letters"

    def __init__(
        self, stage: StageDeclaration, limit: FailureLimit, ownership: Ownership, *, clock: Clock
    ) -> None:
        self.name = stage.name
        self.circuit = Circuit(
            failures=limit.run or sys.maxsize,
            first_seconds=limit.first_seconds,
            longest_seconds=limit.longest_seconds,
            trials=limit.trials,
            clock=clock,
        )
        self._stage = stage.name
        self._letters = stage.dead_letters
        #: Nothing is counted.
        self.off = limit.off
        self._ownership = ownership
        self._shares = _Share(limit)
        self._open = metrics.FAILURE_LIMIT_REACHED.labels(stage.name)

    def around(self, run: Callable[[Task], Outcome]) -> Callable[[Task], Outcome]:
        """*run* while the limit is not reached; what it makes of tasks is counted."""
        if self.off:
            return run
        circuit, shares, freely = self.circuit, self._shares, Pass.FREELY

        def limited(task: Task) -> Outcome:
            through: Pass | None = freely
            if not circuit.closed and self._is_work(task):
                _, through = self.wait([task])
            outcome = run(task)
            well = type(outcome) is Finished and circuit.untouched and shares.untouched
            if not well or through is not freely:
                self.count(outcome, through)
            return outcome

        return limited

    def wait(self, tasks: Sequence[Task]) -> tuple[Task, Pass | None]:
        """Blocks until one of *tasks* may be tried; no pass: nobody wants that one any more."""
        through = self.circuit.wait(partial(self._pause, tasks))
        unwanted = filter(self._is_unwanted, tasks) if through is None else iter(())
        return next(unwanted, tasks[0]), through

    def count(self, outcome: Outcome, through: Pass | None) -> None:
        """What became of a task that was let *through*."""
        if through is None:
            return  # nobody wants it: it was dropped, or cancelled
        if type(outcome) is Finished:
            if through is Pass.ON_TRIAL or not (self.circuit.untouched and self._shares.untouched):
                self.circuit.succeeded(through)
                self._shares.note(failed=False)
        elif type(outcome) is Failed and outcome.retry_available:
            self._failed(outcome, through)
        elif through is Pass.ON_TRIAL:
            self.circuit.undecided(through)

    def unready(self) -> str:
        return (
            f"too many jobs in a row became dead letters, the last by {self.circuit.error}; the "
            f"stage waits since {time_of_day(self.circuit.since_ms)} and tries a few now and then. "
            f"See {self._letters} and the log (job.failed); mend the cause or roll back, and it "
            "goes on by itself. FAILURE_LIMIT_RUN=0 and FAILURE_LIMIT_SHARE=0 let all fail"
        )

    def measure(self, openness: float) -> None:
        self._open.set(openness)

    def _is_work(self, task: Task) -> bool:
        """Whether it may call the handler: commands do not, but those that let a job go."""
        command = task.command
        return not task.partition.orders or (command is not None and releases(command, self._stage))

    def _pause(self, tasks: Sequence[Task], seconds: float) -> bool:
        """Waits; whether one has nothing to wait for: what is cancelled is ended at once."""
        self._ownership.stopping.wait(seconds)
        return any(map(self._is_unwanted, tasks))

    def _is_unwanted(self, task: Task) -> bool:
        return self._ownership.over(task) or is_to_be_cancelled(task)

    def _failed(self, outcome: Failed, through: Pass) -> None:
        said = bounded(f"{outcome.error_class}: {outcome.message}", _MOST_ERROR_CHARACTERS)
        reached = self._shares.note(failed=True)
        if not self.circuit.failed(through, said) and reached:
            self.circuit.trip(said)
        if not self.circuit.closed:
            self._shares.forget()


class _Share:
    """How many of the last outcomes are failures; those before the first count as none."""

    def __init__(self, limit: FailureLimit) -> None:
        self._lock = Lock()
        self._window = limit.window
        self._most = limit.share * limit.window if limit.share else limit.window + 1
        self._failures = 0
        self._last: deque[bool] = deque()
        #: Nothing has failed in the window: what succeeds need not be noted.
        self.untouched = True

    def note(self, *, failed: bool) -> bool:
        """Whether the share is reached now."""
        with self._lock:
            self._last.append(failed)
            self._failures += failed
            if len(self._last) > self._window:
                self._failures -= self._last.popleft()
            self._tidy()
            return self._failures >= self._most

    def forget(self) -> None:
        with self._lock:
            self._failures = 0
            self._tidy()

    def _tidy(self) -> None:
        self.untouched = self._failures == 0
        if self.untouched:
            self._last.clear()
