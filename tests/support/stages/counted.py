"""How far the metrics of a stage have risen since some moment."""

from prometheus_client import REGISTRY


class Counted:
    """Counts from when it is made; metrics are the process's, and other tests' too."""

    def __init__(self, stage: str) -> None:
        self._stage = stage
        self._before = {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in REGISTRY.collect()
            for sample in family.samples
        }

    def __call__(self, metric: str, **labels: str) -> float:
        """The rise of the sample of that name and these labels."""
        told = {"stage": self._stage, **labels}
        now = REGISTRY.get_sample_value(metric, told) or 0.0
        return now - self._before.get((metric, tuple(sorted(told.items()))), 0.0)
