"""The breaker of a dependency: while that is away, calls of the handler wait, and are no attempts.

It lies just around the handler, inside what repeats and counts calls. A call that finds the
breaker open waits here; one whose error has opened it waits as well, and is made again. So a job
stays what it is for as long as the dependency is away. Until the breaker opens such an error is as
any other that may pass.
"""

import math
from collections.abc import Callable
from functools import partial

from headway.around.circuit import Circuit, Pass, time_of_day
from headway.around.guard import Guard
from headway.around.wrapper import Call, Ended
from headway.base.clock import Clock
from headway.base.errors import Abandoned, Cancelled
from headway.base.words import MOST_NOTE_CHARACTERS, bounded, class_name, message_of
from headway.declared.dependency import Dependency
from headway.declared.handler import Done, Job
from headway.declared.pipeline import StageDeclaration
from headway.observing import metrics
from headway.taking.ownership import Ownership
from headway.taking.task import Task

#: Of an error, in what is told of a breaker.
_MOST_ERROR_CHARACTERS = 300


class Breaker(Guard):
    """A wrapper; only a call that returns says that the dependency is there."""

    kind = "breakers"

    def __init__(
        self, stage: StageDeclaration, dependency: Dependency, ownership: Ownership, *, clock: Clock
    ) -> None:
        self.name = dependency.name
        self.reason = f"breaker:{dependency.name}"
        self.circuit = Circuit(
            failures=dependency.failures,
            first_seconds=dependency.open_seconds,
            longest_seconds=dependency.longest_open_seconds,
            clock=clock,
        )
        self._stage = stage
        self.blames = dependency.blamed_by
        self._ownership = ownership
        self._clock = clock
        self._open = metrics.BREAKER_OPEN.labels(stage.name, dependency.name)
        self._openings = metrics.BREAKER_OPENINGS.labels(stage.name, dependency.name)
        self._told_openings = 0

    def __call__(self, call: Call) -> Call:
        # What each call looks up is local: an enum's member takes longer than the rest together.
        circuit, freely = self.circuit, Pass.FREELY

        def guarded(task: Task, job: Job) -> Done | Ended:
            while True:
                through = freely if circuit.closed else self._wait(task)
                try:
                    done = call(task, job)
                except BaseException as error:
                    if not self._holds_back(error, through):
                        raise
                else:
                    if through is not freely or not circuit.untouched:
                        circuit.succeeded(through)
                    return done

        return guarded

    def unready(self) -> str:
        return (
            f"the {self.name} is away since {time_of_day(self.circuit.since_ms)} "
            f"({self.circuit.error}); jobs wait and go on by themselves when it is back"
        )

    def measure(self, openness: float) -> None:
        self._open.set(openness)
        openings = self.circuit.openings
        self._openings.inc(openings - self._told_openings)
        self._told_openings = openings

    def _holds_back(self, error: BaseException, through: Pass) -> bool:
        """Whether the call is to be made again here, once it may be."""
        if not self.blames(error):
            self.circuit.undecided(through)
            return False
        return self.failed(error, through)

    def failed(self, error: BaseException, through: Pass) -> bool:
        """A call says by *error* that the dependency is away; whether it is to be made again."""
        said = f"{class_name(error)}: {bounded(message_of(error), _MOST_ERROR_CHARACTERS)}"
        return self.circuit.failed(through, said)

    def stand_still(self, task: Task) -> Callable[[], None]:
        """*task* waits for the dependency, and is seen to; returns what lets it go on.

        A job that was not seen to run yet is not seen to either while it waits.
        """
        before = task.progress
        reached = before[0] if before else self._stage.percent(0.0)
        note = f"waiting for the {self.name} since {time_of_day(self.circuit.since_ms)}"
        task.progress = reached, bounded(note, MOST_NOTE_CHARACTERS)
        begun = task.announced
        if not begun:
            task.started_monotonic = math.inf

        def go_on() -> None:
            if not begun:
                task.started_at = self._clock.now_ms()
                task.started_monotonic = self._clock.monotonic()
            task.progress = before or (reached, "")

        return go_on

    def unwanted(self, task: Task) -> Abandoned | Cancelled | None:
        """Why *task* need not wait for the dependency any more."""
        if self._ownership.over(task):
            return Abandoned(f"the work went to another owner while the {self.name} was away")
        if _is_cancelled(task):
            return Cancelled(f"cancelled while the {self.name} was away")
        return None

    def _wait(self, task: Task) -> Pass:
        """Until a call may go through.

        Raises:
            Abandoned: the work is not ours any more.
            Cancelled: nobody wants it.
        """
        go_on = self.stand_still(task)
        through: Pass | None = None
        while through is None:
            through = self.circuit.wait(partial(self._pause, task))
            if through is None and (unwanted := self.unwanted(task)):
                raise unwanted
        go_on()
        return through

    def _pause(self, task: Task, seconds: float) -> bool:
        return self._ownership.pause(task, seconds) or _is_cancelled(task)


def _is_cancelled(task: Task) -> bool:
    envelope = task.envelope
    return envelope is not None and task.partition.jobs.held.is_cancelled(
        envelope["job_id"], envelope["attempt"]
    )
