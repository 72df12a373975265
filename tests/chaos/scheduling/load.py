"""Jobs that wait for their time, as stages say it, and what became of them."""

import random
import time
from collections import Counter
from dataclasses import dataclass
from typing import Final

from support.kafka.cluster import Cluster
from support.scheduling.states import held

from headway.edges import kafka
from headway.edges.messages import is_end_of_partition
from headway.wire.identity import partition_of

_MS: Final = 1000
#: Read so often at the end without anything new, the topic is read.
_POLL_SECONDS: Final = 0.5


@dataclass(frozen=True, slots=True)
class Due:
    """When each job is due, ms."""

    at: dict[str, int]

    def outside(self, spans: list[tuple[int, int]]) -> "Due":
        """Those that are due in none of *spans* (ms)."""
        return Due(
            {
                job_id: at
                for job_id, at in self.at.items()
                if not any(begin <= at <= end for begin, end in spans)
            }
        )


def wait_for_their_time(
    cluster: Cluster, count: int, *, begin_ms: int, seconds: float, chance: random.Random
) -> Due:
    """So many jobs, due at any moment of so many seconds; every state is acknowledged."""
    due = {f"job-{n}": begin_ms + int(chance.random() * seconds * _MS) for n in range(count)}
    lanes = cluster.catalog["job-state"].partitions
    for job_id, at in due.items():
        value = cluster.codec.encode("job-state", held(job_id, at))
        lane = partition_of(job_id, lanes)
        cluster.produce("job-state", key=job_id.encode(), value=value, partition=lane)
    cluster.flush()
    return Due(due)


class Commanded:
    """The commands there are, with the broker's time of each (ms)."""

    def __init__(self, cluster: Cluster, topic: str = "job-commands") -> None:
        self._cluster = cluster
        declared = cluster.catalog[topic]
        self._consumer = kafka.consumer(cluster.options, enable_partition_eof=True)
        self._open = declared.partitions
        places = [kafka.TopicPartition(declared.name, n, 0) for n in range(declared.partitions)]
        self._consumer.assign(places)
        self.counts = Counter[str]()
        self.at: dict[str, int] = {}

    def read(self) -> int:
        """How many jobs were commanded until now."""
        ended = set[int]()
        deadline = time.monotonic() + 10
        while len(ended) < self._open and time.monotonic() < deadline:
            for message in self._consumer.consume(2000, _POLL_SECONDS):
                if is_end_of_partition(message):
                    ended.add(message.partition() or 0)
                elif message.error() is None:
                    self._note(message)
        return len(self.counts)

    def close(self) -> None:
        self._consumer.close()

    def _note(self, message: kafka.Message) -> None:
        job_id = (message.key() or b"").decode()
        self.counts[job_id] += 1
        self.at[job_id] = message.timestamp()[1]


def lateness_seconds(due: Due, commanded: Commanded) -> list[float]:
    """By how much each command came after its time, sorted; below 0: too early."""
    return sorted((commanded.at[j] - at) / _MS for j, at in due.at.items() if j in commanded.at)
