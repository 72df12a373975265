"""How long handlers take: calls that return, each by itself."""

from headway.around.wrapper import Call, Ended
from headway.base.clock import Clock
from headway.declared.handler import Done, Job
from headway.observing import metrics
from headway.taking.task import Task


class Timing:
    """Observes every call that returns."""

    def __init__(self, stage: str, *, clock: Clock) -> None:
        self._seconds = metrics.HANDLER_SECONDS.labels(stage)
        self._clock = clock

    def __call__(self, call: Call) -> Call:
        clock, observe = self._clock, self._seconds.observe

        def timed(task: Task, job: Job) -> Done | Ended:
            began = clock.monotonic()
            done = call(task, job)
            observe(clock.monotonic() - began)
            return done

        return timed
