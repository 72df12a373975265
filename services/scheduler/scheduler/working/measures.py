"""What is measured of rules."""

from headway.observing import metrics

_MS = 1000


class Measures:
    """Of all lanes of this instance."""

    def late(self, rule: str, by_ms: int) -> None:
        """Something of *rule* was done so long after it was due."""
        metrics.SCHEDULE_LATENESS.labels(rule).observe(by_ms / _MS)

    def effect(self, rule: str, kind: str) -> None:
        """Something of *rule* is on its way: a command, a job, an opening."""
        metrics.SCHEDULE_EFFECTS.labels(rule, kind).inc()
