"""Records into tasks: polling with back-pressure, so memory is bounded and the group served.

What is polled and not settled is bounded in records and bytes. While the bound is reached
nothing is polled; after a second of that the partitions are paused and polling goes on empty,
since a rebalance is answered only from the poll.
"""

import logging
import time
from collections.abc import Iterable
from typing import Final

from headway import kafka
from headway.assignment import Assignment
from headway.owned import OwnedPartition
from headway.pool import WorkerPool
from headway.stage import StageSettings
from headway.tasks import Task

logger = logging.getLogger(__name__)

_HOLD_AFTER_SECONDS: Final = 1.0


class Intake:
    """Takes records from the consumer and hands them to the pool."""

    def __init__(
        self,
        consumer: kafka.Consumer,
        assignment: Assignment,
        pool: WorkerPool,
        settings: StageSettings,
    ) -> None:
        self._consumer = consumer
        self._assignment = assignment
        self._pool = pool
        self._settings = settings
        self._held = False
        self._polled_at = time.monotonic()

    def take(self, timeout: float) -> None:
        """Poll once, waiting up to *timeout* s for the first record."""
        room = self._room()
        if room <= 0:
            self._hold()
            return
        self._release(room)
        self._polled_at = time.monotonic()
        first = self._consumer.poll(timeout)
        if first is not None:
            more = self._consumer.consume(room - 1, timeout=0) if room > 1 else []
            self.begin([first, *more])

    def begin(self, messages: Iterable[kafka.Message]) -> None:
        """Hand polled records to the pool, less those that are done, begun or not ours."""
        for message in messages:
            self._begin(message)

    def serve_group(self) -> None:
        """Answer the group without taking records: partitions stay paused from now on."""
        self._pause()
        self._consumer.poll(0)

    def _room(self) -> int:
        if self._pool.size_bytes >= self._settings.buffer_bytes:
            return 0
        return self._settings.buffer_records - len(self._pool)

    def _hold(self) -> None:
        if time.monotonic() - self._polled_at < _HOLD_AFTER_SECONDS:
            return
        self._pause()
        stray = self._consumer.poll(0)
        if stray is not None:
            self._begin(stray)

    def _pause(self) -> None:
        places = self._assignment.places()
        if places and not self._held:
            self._consumer.pause(places)
            self._held = True

    def _release(self, room: int) -> None:
        if self._held and room > self._settings.buffer_records // 4:
            self._consumer.resume(self._assignment.flowing())
            self._held = False

    def _begin(self, message: kafka.Message) -> None:
        error = message.error()
        if error is not None:
            # The client goes on by itself; what it cannot mend shows as readiness and lag.
            logger.warning("consumer.error", extra={"code": error.name(), "detail": error.str()})
            return
        partition = self._assignment.owned.get(message.partition() or 0)
        offset = message.offset()
        if partition is None or offset is None:
            return
        if partition.loading:
            self._assignment.keep_early(partition.index, message)
        elif partition.offsets.begin(offset):
            self._pool.submit(_task(partition, offset, message))


def _task(partition: OwnedPartition, offset: int, message: kafka.Message) -> Task:
    raw_key = message.key()
    # A record without a key has no order to keep: its own offset stands for one.
    key = raw_key or b"\x00%d/%d" % (partition.index, offset)
    task = Task(partition, offset, message, key, len(message))
    if partition.seen is not None and raw_key:
        job_id = raw_key.decode("ascii", "replace")
        task.duplicate = partition.seen.setdefault(job_id, offset) != offset
    return task
