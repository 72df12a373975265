"""What a stage instance tells of itself once a turn: alive, ready or why not, and its gauges."""

from collections.abc import Callable, Sequence

from headway.observing import metrics
from headway.observing.health import Health
from headway.owning.assignment import Assignment
from headway.owning.flow import Flow

#: Why the stage is not able to work just now; None if it is, as far as whoever is asked knows.
Fault = Callable[[], str | None]


class Readiness:
    """Asks its faults in order, once a turn; for the loop's thread."""

    def __init__(
        self,
        stage: str,
        health: Health,
        *,
        flow: Flow,
        assignment: Assignment,
        faults: Sequence[Fault],
    ) -> None:
        self._health = health
        self._flow = flow
        self._assignment = assignment
        self._faults = faults
        self._partitions = metrics.PARTITIONS.labels(stage)
        self._span = metrics.WATERMARK_SPAN.labels(stage)
        self._remembered = metrics.JOBS_REMEMBERED.labels(stage)

    def turned(self) -> None:
        """The loop has turned; no more is told."""
        self._health.turned()

    def tell(self) -> None:
        """The loop has turned: tell all there is."""
        self._health.turned()
        owned = self._assignment.owned.values()
        # Those of the source: what else is read of a number goes with it.
        sources = [partition for partition in owned if partition.opens]
        reason = next((told for fault in self._faults if (told := fault())), None)
        self._health.set_ready(ready=reason is None, reason=reason or f"{len(sources)} partitions")
        self._health.notes["paused"] = self._flow.shown
        self._partitions.set(len(sources))
        self._remembered.set(sum(len(partition.jobs) for partition in sources))
        self._span.set(max((partition.offsets.span for partition in owned), default=0))
