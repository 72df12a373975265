"""The record is tried again later where it is: the later ones of its order key wait behind it.

Its offset stays undone, so whoever owns the partition after a crash reads it again, in its order,
and the job's state says how often it was tried and when it is due.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from headway.base.clock import Clock
from headway.base.words import class_name, message_of
from headway.declared.backoff import Backoff
from headway.outcomes.postponed import Postponed
from headway.outcomes.rule import Rule
from headway.taking.task import Outcome, Task
from headway.wire.carried import Carried, FirstPlace
from headway.wire.envelope import Envelope
from headway.wire.records import StageRecords

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Resting(Outcome):
    """Not over: the pool keeps the task until it is due. Whoever gets it as an outcome drops it."""

    label = Postponed.label
    offset_done = False

    carried: Carried
    at: int

    def state(self, task: Task, records: StageRecords) -> bytes:
        """RETRY_SCHEDULED, which names the place where the record lies and stays."""
        carried, partition = self.carried, task.partition
        error: Mapping[str, Any] = {
            "stage": records.stage_name,
            "error_class": carried.error_class,
            "message": carried.message,
            "retry_available": True,
            "dead_letter": None,
        }
        return records.states.retry_scheduled(
            carried.envelope,
            self.at,
            error=error,
            due_at=carried.due_at,
            tries=carried.tries,
            since=carried.since,
            waits_at={
                "topic": partition.topic,
                "partition": partition.index,
                "offset": task.offset,
            },
            reached=task.reached,
        )


class RestingInOrder(Rule):
    """The stage's policy of later tries for jobs that have an order; others go to the tiers.

    Nothing is moved, so a record may be as large as any.
    """

    label = Resting.label

    def __init__(self, records: StageRecords, backoff: Backoff, *, clock: Clock) -> None:
        self._states = records.states
        self._backoff = backoff
        self._clock = clock

    def raised(self, task: Task, envelope: Envelope | None, error: BaseException) -> Resting | None:
        if envelope is None or envelope.get("order_key") is None or task.given_up is not None:
            return None
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
        logger.info("job.resting", extra=extra)
        return Resting(carried, now)
