"""Instances of stages that report what they have done, and the sums that are said of it."""

import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from support.kafka.cluster import Cluster

from headway.edges import kafka


class Instances:
    """Some of each of six stages, which lie in a partition each."""

    def __init__(self, cluster: Cluster, each: int) -> None:
        self._cluster = cluster
        self._topic = cluster.catalog["stage-reports"].name
        self._producer = kafka.producer(cluster.options, acks="all")
        self._number = 0
        self.stages = [f"s{index}" for index in range(6)]
        self._lives = [(stage, f"{stage}-{n}") for stage in self.stages for n in range(each)]
        self._done: Counter[str] = Counter()

    def report(self, more: int) -> None:
        """Each has done *more* than before, and the first of a stage one more than that."""
        self._number += 1
        for stage, life in self._lives:
            self._done[life] += more + life.endswith("-0")
            value = {
                **NOTHING,
                "stage": stage,
                "instance": life,
                "life": life,
                "number": self._number,
                "outcomes": {"done": self._done[life]},
                "stage_times": [self._done[life]],
            }
            self._producer.produce(
                self._topic,
                value=self._cluster.codec.encode("stage-report", value),
                key=stage.encode(),
                partition=self.stages.index(stage),
            )
        self._producer.flush(10)

    @property
    def done(self) -> dict[str, int]:
        """What each stage has done."""
        return {
            s: sum(self._done[life] for of, life in self._lives if of == s) for s in self.stages
        }


#: A report of an instance that has done nothing, but for its names and numbers.
NOTHING: dict[str, Any] = {
    "at": 0,
    "began_at": 0,
    "pauses": [],
    "errors": {},
    "job_times": [],
    "waiting": 1,
    "running": 1,
    "oldest_ms": None,
}


class Said:
    """What the statistics say, read as a whole: the newest of each key."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def done(self, length_ms: int) -> dict[str, int]:
        """What each stage has done, over all windows of that length."""
        total: Counter[str] = Counter()
        for value in self.windows(length_ms):
            total[value["stage"]] += value["outcomes"].get("done", 0)
        return dict(total)

    def windows(self, length_ms: int) -> list[dict[str, Any]]:
        """All of that length."""
        newest = {r.key: r.value for r in self._cluster.read("stage-statistics")}
        decoded = [self._cluster.codec.decode(v, "stage-statistics") for v in newest.values()]
        return [value for value in decoded if value["resolution_ms"] == length_ms]


def all_summed(
    instances: Instances, said: Said, lengths: Sequence[int], *, more: int
) -> Callable[[], bool]:
    """Whether all that was done is said, of windows of each length, asked again and again.

    Instances report *more* at every eighth look alone: who takes a stage over says nothing of it
    until it hears of it, and what is reported at each look is never all said at the next.
    """
    looks = itertools.count()

    def summed() -> bool:
        if next(looks) % 8 == 0:
            instances.report(more)
        return all(said.done(length) == instances.done for length in lengths)

    return summed
