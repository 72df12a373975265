"""Jobs that were at work when their owner went: they leave RUNNING as soon as they are taken again.

Nobody works on such a job until its heir has a thread for it, which may take long. So the heir says
at once what happened, and that the job waits; the step stays in its timeline.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from headway.base.clock import Clock
from headway.base.errors import DecodeError
from headway.taking.task import Task
from headway.wire.carried import Carried, FirstPlace
from headway.wire.records import StageRecords

logger = logging.getLogger(__name__)

_ERROR_CLASS: Final = "WorkerLost"


class Interrupted:
    """For the loop's thread; *announce* has a state of a job said that is not over."""

    def __init__(
        self,
        records: StageRecords,
        label: str,
        announce: Callable[[Task, bytes], None],
        *,
        clock: Clock,
    ) -> None:
        """*label* is what people call the stage."""
        self._records = records
        self._message = f"The process in which {label} was running ended; it is run again."
        self._announce = announce
        self._clock = clock

    def met(self, task: Task, job_id: str) -> None:
        """*task* is about to begin; if it was at work before, that is told."""
        running = task.partition.jobs.held.running
        found = running.pop(job_id, None) if running else None
        if found is None or task.duplicate:
            return
        attempt, began = found
        try:
            envelope, _ = self._records.open(task.message, task.carried)
        except DecodeError:
            return  # a worker will meet it as well, and say so
        if envelope["attempt"] != attempt:
            return
        self._tell(task, task.carried or Carried(envelope, FirstPlace.of(task.message)), began)

    def _tell(self, task: Task, before: Carried, began: int) -> None:
        now, states = self._clock.now_ms(), self._records.states
        envelope = states.postponement(
            before.envelope, now, f"{_ERROR_CLASS}: {self._message}", began=began
        )
        task.carried = replace(before, envelope=envelope)
        place = {
            "topic": task.partition.topic,
            "partition": task.partition.index,
            "offset": task.offset,
        }
        error = states.passing_error(_ERROR_CLASS, self._message)
        state = states.retry_scheduled(
            envelope,
            now,
            error=error,
            due_at=now,
            tries=before.tries,
            since=before.since,
            waits_at=place,
            reached=task.reached,
        )
        self._announce(task, state)
        task.announced = False  # that it runs again is told when it does
        logger.info("job.interrupted", extra={"job_id": envelope["job_id"], "offset": task.offset})
