"""The handler's calls in the trace of their job: one span, and in it each call that has failed."""

from headway.around.wrapper import Call, Ended
from headway.declared.handler import Done, Job
from headway.taking.task import Task
from headway.tracing.jobtrace import RecordedTrace


def process(call: Call) -> Call:
    """The span of all calls; a wrapper around whatever repeats them, or lets them wait."""

    def traced(task: Task, job: Job) -> Done | Ended:
        trace = task.trace
        if not isinstance(trace, RecordedTrace):
            return call(task, job)
        told = {"headway.attempt": job.attempt}
        if task.carried is not None:
            told["headway.tries"] = task.carried.tries
        with trace.processing(told):
            return call(task, job)

    return traced


def each(call: Call) -> Call:
    """What one call has failed of; a wrapper that lies next to the handler."""

    def traced(task: Task, job: Job) -> Done | Ended:
        try:
            return call(task, job)
        except BaseException as error:
            if isinstance(task.trace, RecordedTrace):
                task.trace.call_failed(error)
            raise

    return traced
