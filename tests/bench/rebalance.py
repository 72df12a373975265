"""How long partitions are silent when a peer joins, ends or dies: `python -m bench.rebalance`.

Records flow into every partition all the time, two real instances share them, and a reader of
committed outputs notes when each partition said something. Printed is the longest silence a
partition had around each event, for those that stayed where they were and those that moved.
`python -m bench.rebalance p2` does it with that stage. Judges nothing.
"""

import itertools
import os
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from support.kafka.cluster import Cluster
from support.kafka.payloads import given
from support.processes import Service

from headway.edges import kafka
from localkafka import running_broker

_PARTITIONS = 6
_EVERY_SECONDS = 0.04
_SETTLED_SECONDS = 6.0
_ROUNDS = int(os.environ.get("ROUNDS", "2"))

Owners = dict[int, str]


class Watch:
    """When each partition of a sink said something, as a read_committed reader sees it."""

    def __init__(self, cluster: Cluster, topic: str) -> None:
        self.seen: defaultdict[int, list[float]] = defaultdict(list)
        self._consumer = kafka.consumer(cluster.options, fetch_wait_max_ms=10)
        name = cluster.catalog[topic].name
        self._consumer.assign([kafka.TopicPartition(name, i, 0) for i in range(_PARTITIONS)])

    def run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            for message in self._consumer.consume(500, timeout=0.02):
                self.seen[message.partition() or 0].append(time.monotonic())
        self._consumer.close()

    def silence(self, partition: int, begin: float, end: float) -> float:
        """The longest time without a word that touches *begin* to *end*."""
        words = [at for at in self.seen[partition] if at <= end]
        before = max((at for at in words if at <= begin), default=begin)
        points = [before, *(at for at in words if at > begin), end]
        return max(later - earlier for earlier, later in itertools.pairwise(points))


class Bench:
    """Instances of one stage under a steady load."""

    def __init__(self, cluster: Cluster, stage: str, folder: Path) -> None:
        self.cluster, self.stage, self._folder = cluster, stage, folder
        self._declared = cluster.pipeline.stage(stage)
        self.instances: dict[str, Service] = {}
        self.watch = Watch(cluster, self._declared.sink)

    def start(self, name: str) -> Service:
        environment = self.cluster.environment(instance_id=name, object_store_url="memory://")
        service = Service(
            f"support.stages.scripted_stage {self.stage}",
            environment=environment,
            log=self._folder / f"{name}.log",
        )
        self.instances[name] = service.start()
        return service

    def feed(self, stop: threading.Event) -> None:
        for number in itertools.count():
            if stop.wait(_EVERY_SECONDS):
                return
            for partition in range(_PARTITIONS):
                job_id = f"job-{number}-{partition}"
                value = given(self.stage, job_id, title="ok")
                source = self._declared.source
                self.cluster.produce(source, key=job_id.encode(), value=value, partition=partition)
            self.cluster.flush()

    def owners(self) -> Owners:
        """Who was the last to be assigned each partition, by the instances' logs."""
        found: list[tuple[str, str, int]] = [
            (event["at"], name, partition)
            for name, service in self.instances.items()
            for event in service.events("partitions.assigned")
            for partition in event["partitions"]
        ]
        return {partition: name for _, name, partition in sorted(found)}


def measure(bench: Bench, event: Callable[[], float], *, seconds: float) -> str:
    """Let *event* happen and watch for *seconds*; what the silence was."""
    before = bench.owners()
    at = event()
    time.sleep(seconds)
    end, after = time.monotonic(), bench.owners()
    silent = {p: bench.watch.silence(p, at, end - 0.5) for p in range(_PARTITIONS)}
    stayed = [silent[p] for p in silent if before.get(p) == after.get(p)]
    moved = [silent[p] for p in silent if before.get(p) != after.get(p)]
    return f"stayed {_told(stayed)}   moved {_told(moved)}"


def _told(silences: list[float]) -> str:
    if not silences:
        return f"{'none':22}"
    return f"{len(silences)}: max {max(silences):5.2f} s  ({min(silences):.2f})"


def run(bootstrap: str, stage: str, folder: Path) -> None:
    """Three events in a row on one group: a join, an end in order, a death."""
    folder.mkdir()
    bench = Bench(Cluster(bootstrap), stage, folder)
    for name in ("a", "b"):
        bench.start(name).wait_for_event("partitions.assigned")
    with _threads(bench.feed, bench.watch.run):
        time.sleep(_SETTLED_SECONDS)

        def join() -> float:
            bench.start("c").wait_for_event("stage.started")
            return time.monotonic()

        def terminate() -> float:
            bench.instances["c"].process.terminate()
            return time.monotonic()

        def kill() -> float:
            bench.instances["b"].kill()
            return time.monotonic()

        print(f"  join    {measure(bench, join, seconds=10)}", flush=True)
        print(f"  SIGTERM {measure(bench, terminate, seconds=10)}", flush=True)
        print(f"  SIGKILL {measure(bench, kill, seconds=32)}", flush=True)
    for service in bench.instances.values():
        service.close()


@contextmanager
def _threads(*bodies: Callable[[threading.Event], None]) -> Iterator[None]:
    stop = threading.Event()
    threads = [threading.Thread(target=body, args=(stop,), daemon=True) for body in bodies]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def main() -> None:
    stage = sys.argv[1] if len(sys.argv) > 1 else "p1"
    with running_broker() as broker, tempfile.TemporaryDirectory() as folder:
        for number in range(_ROUNDS):
            print(f"round {number + 1}, {stage}:", flush=True)
            run(broker.bootstrap_servers, stage, Path(folder) / str(number))


if __name__ == "__main__":
    main()
