"""What the schedules are behind with, as metrics: looked up once a second, beside the reader.

Told by status, and so also while the scheduler is away. What somebody has paused is not late.
"""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from prometheus_client import Gauge

from headway.base.clock import Clock, SystemClock
from headway.observing import metrics
from headway.wire.schedules.rule import Rule
from status.aside import Aside
from status.schedules.board import Standing
from status.schedules.notice import Notice

logger = logging.getLogger(__name__)

_EVERY_SECONDS: Final = 1.0
_JOIN_SECONDS: Final = 0.5
_MS: Final = 1000
_NOTHING: Final = Standing((), ())


@dataclass(kw_only=True)
class ScheduleGauges(Aside):
    """A context in which a thread keeps the gauges; without a word of the topics they have none."""

    _name = "schedule gauges"

    notice: Notice
    clock: Clock = field(default_factory=SystemClock)
    _told: dict[Gauge, set[str]] = field(default_factory=dict)

    def _join_seconds(self) -> float:
        return _JOIN_SECONDS

    def _run(self) -> None:
        while not self._stop.wait(_EVERY_SECONDS):
            try:
                self.look()
            except Exception:
                logger.exception("schedules.gauges")

    def look(self) -> None:
        """One look."""
        standing, now_ms = self.notice.standing or _NOTHING, self.clock.now_ms()
        overdue = {name: _late(lanes, now_ms) for name, lanes in _by_rule(standing)}
        self._tell(metrics.SCHEDULE_OVERDUE, overdue)
        self._tell(metrics.SCHEDULE_RUN_LEFT, dict(_under_way(standing)))
        self._tell(metrics.WINDOW_OVERDUE, dict(_not_opened(standing, now_ms)))

    def _tell(self, gauge: Gauge, values: Mapping[str, float]) -> None:
        """A name that is no more loses its sample; none of the others is away for a moment."""
        for name in self._told.get(gauge, set()) - values.keys():
            gauge.remove(name)
        for name, value in values.items():
            gauge.labels(name).set(value)
        self._told[gauge] = set(values)


def _by_rule(standing: Standing) -> Iterator[tuple[str, tuple[Rule, ...]]]:
    return ((lanes[0].rule, lanes) for lanes in standing.rules)


def _late(lanes: tuple[Rule, ...], now_ms: int) -> float:
    """Seconds since what a rule should have done first was due; 0 if nothing is."""
    due = [lane.next_at for lane in lanes if lane.next_at is not None and not lane.paused]
    return max(0, now_ms - min(due, default=now_ms)) / _MS


def _under_way(standing: Standing) -> Iterator[tuple[str, float]]:
    """What each run has before it, in the lanes that are not through with it."""
    for name, lanes in _by_rule(standing):
        runs = [lane.run for lane in lanes if lane.run is not None and not lane.paused]
        left = [max(0, run.end - run.position) for run in runs if not run.over]
        if left:
            yield name, sum(left)


def _not_opened(standing: Standing, now_ms: int) -> Iterator[tuple[str, float]]:
    """Of each window: seconds since it should have opened, in the lane that is latest."""
    paused = {
        lanes[0].stage
        for _, lanes in _by_rule(standing)
        if lanes[0].kind == "window" and all(lane.paused for lane in lanes)
    }
    for lanes in standing.windows:
        closed = [lane for lane in lanes if not lane.open_at(now_ms)]
        due = [lane.next_at for lane in closed if lane.next_at is not None]
        late = max(0, now_ms - min(due, default=now_ms)) / _MS
        yield lanes[0].stage, 0.0 if lanes[0].stage in paused else late
