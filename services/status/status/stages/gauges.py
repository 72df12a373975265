"""What the table knows of the stages, as metrics: looked up once a second, beside the reader.

Only of a table that has caught up, of a cluster that answers: a replica that is behind says nothing
rather than something that is not so any more.
"""

import logging
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from headway.base.clock import Clock, SystemClock
from headway.declared.pipeline import Pipeline
from headway.observing import metrics
from headway.observing.health import Health
from status.answers.query import Table
from status.aside import Aside
from status.letters.listing import Desk
from status.stages.queues import Queues, queues
from status.table.damage import TableDamaged

logger = logging.getLogger(__name__)

_EVERY_SECONDS: Final = 1.0
#: For the look that is under way.
_JOIN_SECONDS: Final = 1.0
_OF_TABLE: Final = (
    metrics.JOBS,
    metrics.QUEUE_DEPTH,
    metrics.OLDEST_WAITING,
    metrics.RUNNING_JOBS,
    metrics.RETRIES_PENDING,
    metrics.RETRY_OVERDUE,
    metrics.HELD_JOBS,
)


@dataclass(kw_only=True)
class Gauges(Aside):
    """A context in which a thread keeps the gauges; *health* is ready while the table is."""

    _name = "gauges"

    table: Table
    desk: Desk
    pipeline: Pipeline
    health: Health
    clock: Clock = field(default_factory=SystemClock)

    def _join_seconds(self) -> float:
        return _JOIN_SECONDS

    def _run(self) -> None:
        while not self._stop.wait(_EVERY_SECONDS):
            self.look()

    def look(self) -> None:
        """One look; never raises."""
        try:
            self._tell(self._queues())
            self._tell_letters(letters_by_stage(self.desk) if self.health.ready else None)
        except Exception:
            logger.exception("gauges.trouble")

    def _queues(self) -> Queues | None:
        if not self.health.ready:
            return None
        try:
            with self.table.snapshot() as snapshot:
                # Before a table is emptied its replica is no longer ready, but that may be now.
                return queues(snapshot, self.pipeline) if snapshot.complete else None
        except (sqlite3.Error, TableDamaged):
            return None  # the reader knows

    def _tell(self, found: Queues | None) -> None:
        if found is None:
            for gauge in _OF_TABLE:
                gauge.clear()
            return
        now_ms = self.clock.now_ms()
        for status in self.pipeline.statuses:
            metrics.JOBS.labels(status).set(found.jobs.get(status, 0))
        for queue in found.stages:
            metrics.QUEUE_DEPTH.labels(queue.stage).set(queue.waiting)
            metrics.OLDEST_WAITING.labels(queue.stage).set(queue.oldest_seconds(now_ms))
            metrics.RUNNING_JOBS.labels(queue.stage).set(queue.running)
            metrics.RETRIES_PENDING.labels(queue.stage).set(queue.retries_pending)
            metrics.HELD_JOBS.labels(queue.stage).set(queue.held)
            metrics.RETRY_OVERDUE.labels(queue.stage).set(queue.overdue_seconds(now_ms))

    def _tell_letters(self, letters: Mapping[str, int] | None) -> None:
        if letters is None:
            metrics.DEAD_LETTERS.clear()
            return
        for stage in self.pipeline.stages:
            metrics.DEAD_LETTERS.labels(stage.name).set(letters.get(stage.name, 0))


def letters_by_stage(desk: Desk) -> Mapping[str, int] | None:
    """How many dead letters there are by stage; None while the list is being read, or made anew."""
    try:
        return desk.by_stage()
    except sqlite3.Error:
        return None
