"""What becomes of an error that may pass: when the job is tried again, and what goes with it."""

import logging
from dataclasses import replace
from typing import NamedTuple

from headway.base.clock import Clock
from headway.base.words import class_name, message_of
from headway.declared.backoff import Backoff
from headway.taking.task import Task
from headway.wire.carried import Carried, FirstPlace
from headway.wire.envelope import Envelope
from headway.wire.records import StageRecords

logger = logging.getLogger(__name__)


class Later(NamedTuple):
    """`carried` has the job with the step that says so; decided *at* (ms), for *tier* if in one."""

    carried: Carried
    tier: int
    at: int


class LaterTries:
    """A stage's policy of later tries, applied; shared by workers, wherever a job then waits."""

    def __init__(self, records: StageRecords, backoff: Backoff, *, clock: Clock) -> None:
        self._states = records.states
        self._backoff = backoff
        self._clock = clock

    def after(
        self, task: Task, envelope: Envelope, error: BaseException, *, event: str
    ) -> Later | None:
        """What *error* comes to, logged as *event*; None: the policy has no answer to it."""
        before = task.carried or Carried(envelope, FirstPlace.of(task.message))
        now = self._clock.now_ms()
        since = before.since or now
        wait = self._backoff.after(
            error, tries=before.tries, since=since, now=now, partition=task.partition.index
        )
        if wait is None:
            return None
        name, message = class_name(error), message_of(error)
        told = self._states.postponement(
            before.envelope, now, f"{name}: {message}", began=task.started_at
        )
        carried = replace(
            before,
            envelope=told,
            tries=before.tries + 1,
            since=since,
            due_at=wait.due_at,
            error_class=name,
            message=message,
            reached=task.reached,
        )
        extra = {
            "job_id": told["job_id"],
            "offset": task.offset,
            "tries": carried.tries,
            "due_at": wait.due_at,
            "error_class": name,
            "error": message,
        }
        logger.info(event, extra=extra)
        return Later(carried, wait.tier, now)
