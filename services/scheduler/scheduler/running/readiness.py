"""What an instance tells of itself once a turn: alive, ready or why not, and its gauges."""

from collections import Counter
from collections.abc import Callable, Sequence

from headway.observing import metrics
from headway.observing.health import Health
from scheduler.taking.assignment import Assignment

#: Why it cannot work just now; None if it can, as far as whoever is asked knows.
Fault = Callable[[], str | None]


class Readiness:
    """For the loop's thread."""

    def __init__(self, health: Health, assignment: Assignment, faults: Sequence[Fault]) -> None:
        self._health = health
        self._assignment = assignment
        self._faults = faults
        self._rules: set[str] = set()

    def turned(self) -> None:
        """The loop has turned; no more is told."""
        self._health.turned()

    def tell(self) -> None:
        """The loop has turned: tell all there is."""
        self._health.turned()
        lanes = self._assignment.lanes
        reason = next((told for fault in self._faults if (told := fault())), None)
        told = f"{len(lanes)} lanes, {sum(len(lane.desk.pending) for lane in lanes.values())} wait"
        self._health.set_ready(ready=reason is None, reason=reason or told)
        metrics.SCHEDULE_LANES.set(len(lanes))
        waiting = Counter[str]()
        for lane in lanes.values():
            for rule in lane.desk.standings:
                waiting[rule] += lane.desk.count(rule)
        self._rules |= waiting.keys()
        for rule in self._rules:
            metrics.SCHEDULE_PENDING.labels(rule).set(waiting[rule])
