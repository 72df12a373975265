"""What the benchmarks share: a namespace, processes, and how a run is timed."""

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from support.kafka.cluster import Cluster

from headway.edges import kafka
from headway.edges.messages import is_end_of_partition

_HERE = Path(__file__).parent
_PARTITIONS = 6


@contextmanager
def process(script: str, *arguments: str, environment: Mapping[str, str]) -> Iterator[int]:
    """Run a script of this folder, or a module with `-m`, until the block ends; gives its pid."""
    command = [sys.executable, *(["-m", script] if "." not in script else [str(_HERE / script)])]
    running = subprocess.Popen(
        [*command, *arguments], env=dict(environment), stderr=subprocess.DEVNULL
    )
    try:
        yield running.pid
        if running.poll() is not None:
            raise RuntimeError(f"{script} ended with {running.returncode}")
    finally:
        running.kill()
        running.wait()


def wait_for_group(
    cluster: Cluster, group: str, topic: str, count: int, *, seconds: float = 120
) -> None:
    """Wait until *group* has committed all *count* records of *topic* (name on the cluster)."""
    consumer = kafka.consumer(cluster.options, group_id=group)
    places = [kafka.TopicPartition(topic, p) for p in range(_PARTITIONS)]
    deadline = time.monotonic() + seconds
    try:
        while _committed(consumer, places) < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{group} did not commit {count} records in {seconds} s")
            time.sleep(0.25)
    finally:
        consumer.close()


def span_seconds(cluster: Cluster, topic: str, count: int) -> float:
    """Seconds between the first and the last of *count* records produced to *topic*.

    Taken from the records' own timestamps, so that nobody's watching slows the run.
    """
    stamps = moments(cluster, topic)
    if len(stamps) != count:
        raise RuntimeError(f"{topic} has {len(stamps)} records, expected {count}")
    return (max(stamps) - min(stamps)) / 1000


def wait_for_records(cluster: Cluster, topic: str, count: int, *, seconds: float = 300) -> None:
    """Wait until *topic* (name on the cluster) has *count* records; reads it again and again."""
    deadline = time.monotonic() + seconds
    while len(moments(cluster, topic)) < count:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{topic} did not get {count} records in {seconds} s")
        time.sleep(1)


def moments(cluster: Cluster, topic: str) -> list[int]:
    """When each record of *topic* (name on the cluster) was appended, in ms."""
    stamps = []
    consumer = kafka.consumer(cluster.options, enable_partition_eof=True)
    consumer.assign([kafka.TopicPartition(topic, p, 0) for p in range(_PARTITIONS)])
    ended: set[int | None] = set()
    while len(ended) < _PARTITIONS:
        for message in consumer.consume(5000, timeout=0.2):
            if is_end_of_partition(message):
                ended.add(message.partition())
            else:
                stamps.append(message.timestamp()[1])
    consumer.close()
    return stamps


def _committed(consumer: kafka.Consumer, places: list[kafka.TopicPartition]) -> int:
    try:
        return sum(max(place.offset, 0) for place in consumer.committed(places, timeout=30))
    except kafka.KafkaException:
        return 0  # a new group has no coordinator for a moment
