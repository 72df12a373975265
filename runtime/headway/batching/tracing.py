"""The calls of many jobs in the trace of each: its own span, until it is answered."""

from collections.abc import Sequence

from headway.batching.call import Answer, Answered, Begun, ManyCall
from headway.declared.handler import Done
from headway.tracing.jobtrace import RecordedTrace


def process(call: ManyCall) -> ManyCall:
    """The spans of all calls; what a handler records meanwhile belongs to none of its jobs."""

    def traced(batch: Sequence[Begun], answered: Answered) -> None:
        for task, job in batch:
            if isinstance(task.trace, RecordedTrace):
                tries = {"headway.tries": task.carried.tries} if task.carried else {}
                told = {"headway.attempt": job.attempt, "headway.batch.jobs": len(batch), **tries}
                task.trace.begin(told)

        def heard(each: Begun, answer: Answer) -> None:
            if isinstance(each.task.trace, RecordedTrace):
                each.task.trace.end(None if isinstance(answer, Done) else answer)
            answered(each, answer)

        call(batch, heard)

    return traced
