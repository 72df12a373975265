"""The record is tried again later: it waits in a tier, and the job's state says until when.

The tier is one more inlet of the same group, so what was said of one delivery stays exactly once:
the source's offset, the record in the tier and RETRY_SCHEDULED are in one frame.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from headway.base.clock import Clock
from headway.base.words import class_name, message_of
from headway.declared.backoff import Backoff, Wait
from headway.edges.messages import headers_of
from headway.following.holdings import Parked
from headway.outcomes.deadletter import oversized
from headway.outcomes.rule import Rule
from headway.taking.task import Outcome, Task
from headway.wire.carried import Carried, FirstPlace, without
from headway.wire.envelope import Envelope
from headway.wire.records import StageRecords
from headway.wire.route import Record, Route

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Postponed(Outcome):
    """To be tried again; `carried` has the job with the step that says so."""

    label = "postponed"

    carried: Carried
    tier: int
    at: int

    def size_bytes(self, task: Task) -> int:
        return task.size_bytes

    def leading(self, task: Task, route: Route) -> Sequence[Record]:
        """The record, in its tier."""
        message, index = task.message, task.partition.index
        headers = [*without(headers_of(message)), route.records.carried.header(self.carried)]
        topic = route.tiers[self.tier - 1]
        return (Record(topic, index, message.key(), message.value(), headers),)

    def records(self, task: Task, route: Route, offsets: Sequence[int]) -> Iterator[Record]:
        """RETRY_SCHEDULED, which names the record's place."""
        (offset,) = offsets
        index, carried = task.partition.index, self.carried
        place = {"topic": route.tiers[self.tier - 1], "partition": index, "offset": offset}
        error = {
            "stage": route.origin.stage,
            "error_class": carried.error_class,
            "message": carried.message,
            "retry_available": True,
            "dead_letter": None,
        }
        state = route.records.states.retry_scheduled(
            carried.envelope,
            self.at,
            error=error,
            due_at=carried.due_at,
            tries=carried.tries,
            since=carried.since,
            waits_at=place,
            reached=task.reached,
        )
        yield Record(route.state, index, carried.envelope["job_id"].encode(), state)

    def committed(self, task: Task, offsets: Sequence[int]) -> None:
        """A command may end it while it waits."""
        (offset,) = offsets
        envelope = self.carried.envelope
        parked = Parked(envelope["attempt"], self.tier, offset)
        task.partition.jobs.held.park(envelope["job_id"], parked)


class Postponing(Rule):
    """As the stage's policy of later tries has it; what it has no answer to is given up."""

    label = Postponed.label

    def __init__(self, records: StageRecords, backoff: Backoff, *, clock: Clock) -> None:
        self._states = records.states
        self._backoff = backoff
        self._clock = clock

    def raised(
        self, task: Task, envelope: Envelope | None, error: BaseException
    ) -> Postponed | None:
        # What was refused for its size, or by the loop, would be again.
        if envelope is None or task.given_up is not None or oversized(task.message):
            return None
        before = task.carried or Carried(envelope, FirstPlace.of(task.message))
        now = self._clock.now_ms()
        since = before.since or now
        wait = self._backoff.after(
            error, tries=before.tries, since=since, now=now, partition=task.partition.index
        )
        return None if wait is None else self._postponed(task, before, since, wait, error, now)

    def _postponed(
        self, task: Task, before: Carried, since: int, wait: Wait, error: BaseException, now: int
    ) -> Postponed:
        name, message = class_name(error), message_of(error)
        envelope = self._states.postponement(
            before.envelope, now, f"{name}: {message}", began=task.started_at
        )
        carried = replace(
            before,
            envelope=envelope,
            tries=before.tries + 1,
            since=since,
            due_at=wait.due_at,
            error_class=name,
            message=message,
            reached=task.reached,
        )
        told = {
            "job_id": envelope["job_id"],
            "offset": task.offset,
            "tries": carried.tries,
            "due_at": wait.due_at,
            "error_class": name,
            "error": message,
        }
        logger.info("job.postponed", extra=told)
        return Postponed(carried, wait.tier, now)
