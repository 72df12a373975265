"""What job-state says, as it comes in: how many jobs are where, and when anything moved."""

import itertools
import threading
from collections import Counter, defaultdict
from collections.abc import Iterable
from contextlib import suppress
from typing import Final, Self

from support.kafka.cluster import Cluster

from headway.declared.pipeline import Pipeline
from headway.edges import kafka

_ENDS: Final = frozenset({"COMPLETED", "FAILED"})
#: States that a stage's work ends in; their append times show its progress.
_DONE: Final = {stage.done.name: stage.name for stage in Pipeline.load().stages}


class Follower:
    """Reads job-state in a thread of its own, over any loss of brokers."""

    def __init__(self, cluster: Cluster) -> None:
        topic = cluster.catalog["job-state"]
        options = {**cluster.options, "socket.timeout.ms": 10_000}
        self._consumer = kafka.consumer(options)
        self._places = [kafka.TopicPartition(topic.name, p, 0) for p in range(topic.partitions)]
        self._decode = cluster.codec.head("job-state", "status")
        self._newest: dict[bytes, str] = {}
        #: By stage: (moment in broker ms, partition) of each record that ends a job's stage.
        self.done: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> Self:
        self._consumer.assign(self._places)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self._consumer.close()

    def counts(self) -> Counter[str]:
        """Jobs by their newest status."""
        return Counter(list(self._newest.values()))

    def ended(self) -> int:
        counts = self.counts()
        return sum(counts[status] for status in _ENDS)

    def left(self, job_ids: Iterable[str]) -> list[str]:
        """Those of *job_ids* that have not ended, with their status."""
        newest = {job_id: self._newest.get(job_id.encode(), "unknown") for job_id in job_ids}
        return [f"{job_id} {status}" for job_id, status in newest.items() if status not in _ENDS]

    def first_after(self, stage: str, moment_ms: int) -> int | None:
        """When *stage* first ended a job after *moment_ms*."""
        return min((at for at, _ in list(self.done[stage]) if at > moment_ms), default=None)

    def longest_silence_seconds(self, stage: str, *, until_ms: int | None = None) -> float:
        """The longest time between two jobs that *stage* ended, as the broker dated them."""
        moments = sorted(at for at, _ in list(self.done[stage]))
        if until_ms is not None:
            moments = [at for at in moments if at < until_ms]
        pairs = itertools.pairwise(moments)
        return max((after - before for before, after in pairs), default=0) / 1000

    def _follow(self) -> None:
        while not self._ended.is_set():
            with suppress(kafka.KafkaException):
                for message in self._consumer.consume(1000, timeout=0.2):
                    if message.error() is None:
                        self._note(message)

    def _note(self, message: kafka.Message) -> None:
        value, key = message.value(), message.key()
        if value is None or key is None:
            return
        status = self._decode(value)["status"]
        if stage := _DONE.get(status):
            self.done[stage].append((message.timestamp()[1], message.partition() or 0))
        self._newest[key] = status
