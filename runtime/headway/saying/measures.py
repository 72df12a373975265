"""What a committed frame says of its jobs' time: how long they were in the stage, how long in all.

An attempt that was opened by sending the job back counts from then: what lay on a shelf meanwhile
was nobody's wait.
"""

from itertools import chain
from operator import attrgetter
from typing import Final

from headway.base.clock import Clock
from headway.declared.pipeline import StageDeclaration
from headway.observing import metrics
from headway.observing.totals import Totals
from headway.saying.frame import Frame
from headway.taking.task import Task
from headway.wire.envelope import FIRST_ATTEMPT, opened_at

#: How the end of a job is called that all went well with.
COMPLETED: Final = "completed"
ENDS: Final = (COMPLETED, "failed", "cancelled")
_LABEL: Final = attrgetter("label")
_WHY: Final = attrgetter("why")


class Measures:
    """For the loop's thread; a fraction of a microsecond a job."""

    def __init__(self, stage: StageDeclaration, *, clock: Clock) -> None:
        self.totals: Final = Totals()
        self._last = stage.last
        self._clock = clock
        self._records = metrics.FRAME_RECORDS.labels(stage.name)
        self._stage = metrics.STAGE_SECONDS.labels(stage.name)
        # Made at once: a series that begins with its first event hides that event from `rate`.
        ends = ENDS if stage.last else ENDS[1:]
        self._jobs = {end: metrics.JOB_SECONDS.labels(stage.name, end) for end in ends}

    def committed(self, frame: Frame) -> None:
        """Take in what has just become visible."""
        now = self._clock.now_ms()
        in_stage: list[int] = []
        in_all: dict[str, list[int]] = {end: [] for end in self._jobs}
        outcomes = [task.outcome for task in frame.tasks if task.outcome is not None]
        for task in frame.tasks:
            outcome = task.outcome
            if outcome is None or (end := outcome.end) is None or not (job := outcome.job(task)):
                continue
            first = job["attempt"] == FIRST_ATTEMPT  # nearly every one: no calls are made for it
            opened = job["submitted_at"] if first else opened_at(job)
            if first and task.carried is None and task.command is None:
                in_stage.append(now - task.message.timestamp()[1])
            elif task.command is None:
                in_stage.append(now - max(came_at(task), opened))
            if end in in_all:
                in_all[end].append(now - opened)
        self._records.observe(len(frame.tasks))
        self._stage.observe_all(_seconds(in_stage))
        for end, ms in in_all.items():
            self._jobs[end].observe_all(_seconds(ms))
        self.totals.settled(map(_LABEL, outcomes), filter(None, map(_WHY, outcomes)))
        self.totals.ended(in_stage, chain.from_iterable(in_all.values()))


def came_at(task: Task) -> int:
    """When the record came into the stage's source, whatever tiers it went through since; ms."""
    return task.carried.origin.timestamp if task.carried else task.message.timestamp()[1]


def _seconds(spans: list[int]) -> list[float]:
    # Clocks of machines differ: what seems to end before it began took no time.
    return [ms / 1000 if ms > 0 else 0.0 for ms in spans]


def frame_ended(stage: str, outcome: str, seconds: float | None) -> None:
    """Count a frame; *seconds* is what it took, if it was committed."""
    metrics.FRAMES.labels(stage, outcome).inc()
    if seconds is not None:
        metrics.FRAME_SECONDS.labels(stage).observe(seconds)
