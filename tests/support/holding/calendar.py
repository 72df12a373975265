"""Whoever opens and closes the window of a stage, and jobs that wait for it."""

from dataclasses import dataclass
from typing import Any

from support.stages.stage_rig import FakeCluster, InProcessStage

from headway.wire.codec import split_version

#: The stage that has a window, and the tag of the jobs that wait for it.
WINDOWED = "p2"
OFF_PEAK = ["off-peak"]


@dataclass
class Calendar:
    """Says how the window of *stage* stands, as a scheduler would."""

    cluster: FakeCluster
    stage: str = WINDOWED

    def open(self, *, until: int | None = None, partition: int = 0) -> None:
        self.tell(partition, open=True, until=until)

    def close(self, *, next_at: int | None = None, partition: int = 0) -> None:
        self.tell(partition, open=False, next_at=next_at)

    def tell(self, partition: int, **how: Any) -> None:
        topic = self.cluster.catalog[self.cluster.pipeline.windows]
        value = {"stage": self.stage, "open": False, "until": None, "next_at": None, "at": 1, **how}
        data = self.cluster.codec.encode(split_version(topic.value)[0], value)
        self.cluster.write(topic.logical_name, self.stage.encode(), data, partition=partition)


def wait(stage: InProcessStage, cluster: FakeCluster, *job_ids: str) -> None:
    """Turn until these are held."""
    stage.turn_until(lambda: held(cluster) >= set(job_ids), cluster.statuses)


def held(cluster: FakeCluster) -> set[str]:
    """The jobs that are held."""
    return {job for job, status in cluster.statuses().items() if status == "SCHEDULED"}
