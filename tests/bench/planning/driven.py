"""A planned load on real stages and a real broker: the very jobs of a simulation."""

import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import httpx
from bench.planning.brokertime import Taken, taken
from bench.rig import process
from support.kafka.cluster import Cluster
from support.processes import free_port
from support.waiting import wait_until

from headway.edges import kafka
from headway.planning.jobs import Job
from headway.planning.load import Load, StageLoad

_WARM_UP = 30


@dataclass
class Seen:
    """When (s since the epoch) each job's output of each stage was read, by stage and key."""

    at: dict[str, dict[str, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Driven:
    """For each job when each stage was seen to be done (s after it was submitted), and costs.

    `owners` are the numbers of the instances that had the partitions, by stage.
    """

    times: list[list[float]]
    owners: tuple[tuple[int, ...], ...]
    late_seconds: float
    frames: int
    frame_seconds: float
    broker: Taken


def driven(bootstrap: str, load: Load, jobs: Sequence[Job]) -> Driven:
    """Submit *jobs* at their times, and wait until all are done.

    On a busy machine they are submitted late: their times become those at which they were.
    """
    cluster = Cluster(bootstrap)
    with sleeping_stages(cluster, load.stages) as ports, watching(cluster) as seen:
        last = cluster.pipeline.stages[-1].name
        cluster.submit((f"warm-{index}" for index in range(_WARM_UP)), title="0.01 0.01")
        wait_until(lambda: len(seen.at[last]) >= _WARM_UP, lambda: len(seen.at[last]))
        before, took = _frames(ports), taken()
        began, late = _submit(cluster, jobs)
        wait_until(lambda: len(seen.at[last]) >= _WARM_UP + len(jobs), lambda: len(seen.at[last]))
        count, seconds = (b - a for a, b in zip(before, _frames(ports), strict=True))
        broker, owners = taken().since(took), _owners(cluster, load)
    times = [[seen.at[s.name][job.key] - began - job.at for s in load.stages] for job in jobs]
    return Driven(times, owners, late, int(count), seconds / count, broker)


def _submit(cluster: Cluster, jobs: Sequence[Job]) -> tuple[float, float]:
    """Submit each at its time; when it began, and how late most (99 %) were at the most."""
    began, late = time.time() + 0.5, list[float]()
    for job in jobs:
        time.sleep(max(0.0, began + job.at - time.time()))
        late.append(time.time() - began - job.at)
        job.at += late[-1]
        value = cluster.submission(job.key, title=" ".join(f"{work:.6f}" for work in job.works))
        cluster.produce("jobs.submitted", key=job.key.encode(), value=value)
    cluster.flush()
    return began, sorted(late)[len(late) * 99 // 100]


def _owners(cluster: Cluster, load: Load) -> tuple[tuple[int, ...], ...]:
    """Which instance of each stage has which partition, as its group says."""
    admin = kafka.admin_client(cluster.options)
    owners = []
    for stage in load.stages:
        group, source = cluster.prefix + stage.name, cluster.pipeline.stage(stage.name).source
        (told,) = admin.describe_consumer_groups([group]).values()
        owned = {
            place.partition: number
            for number, member in enumerate(told.result().members)
            for place in member.assignment.topic_partitions
            if place.topic == cluster.catalog[source].name
        }
        owners.append(tuple(owned[index] for index in range(load.partitions)))
    return tuple(owners)


@contextmanager
def sleeping_stages(cluster: Cluster, stages: Sequence[StageLoad]) -> Iterator[list[int]]:
    ports = []
    with ExitStack() as stack:
        for stage in stages:
            for number in range(stage.replicas):
                ports.append(free_port())
                environment = cluster.environment(
                    object_store_url="memory://",
                    http_port=ports[-1],
                    concurrency=stage.concurrency,
                    instance_id=f"{stage.name}-{number}",
                )
                script = "planning/sleeping_stage.py"
                settings = {**os.environ, **environment}
                stack.enter_context(process(script, stage.name, environment=settings))
        wait_until(lambda: _settled(ports, cluster.catalog["job-state"].partitions, stages))
        yield ports


def _settled(ports: Sequence[int], partitions: int, stages: Sequence[StageLoad]) -> bool:
    """Whether every instance has its share of the partitions."""
    owned = [_metrics(port).get("headway_partitions", 0.0) for port in ports]
    at = 0
    for stage in stages:
        shares, at = owned[at : at + stage.replicas], at + stage.replicas
        if sum(shares) != partitions or max(shares) - min(shares) > 1:
            return False
    return True


def _frames(ports: Sequence[int]) -> tuple[float, float]:
    """How many frames all have said, and in how many seconds."""
    told = [_metrics(port) for port in ports]
    names = "headway_frame_seconds_count", "headway_frame_seconds_sum"
    return tuple(sum(one.get(name, 0.0) for one in told) for name in names)  # type: ignore[return-value]  # two


def _metrics(port: int) -> Mapping[str, float]:
    """Every sample of an instance, those of one name summed."""
    try:
        text = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=10).text
    except httpx.TransportError:
        return {}
    found: dict[str, float] = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            name, value = line.partition("{")[0].split()[0], float(line.rsplit(maxsplit=1)[1])
            found[name] = found.get(name, 0.0) + value
    return found


@contextmanager
def watching(cluster: Cluster) -> Iterator[Seen]:
    """Reads the outputs of all stages as whoever waits for them would."""
    seen, stopping = Seen(), threading.Event()
    sinks = {cluster.catalog[s.sink].name: s.name for s in cluster.pipeline.stages}
    seen.at = {name: {} for name in sinks.values()}
    reader = kafka.consumer(cluster.options)
    reader.assign([kafka.TopicPartition(sink, p, 0) for sink in sinks for p in range(6)])

    def read() -> None:
        while not stopping.is_set():
            message = reader.poll(0.1)
            if message is not None and message.error() is None:
                stage = seen.at[sinks[message.topic() or ""]]
                stage.setdefault((message.key() or b"").decode(), time.time())

    thread = threading.Thread(target=read)
    thread.start()
    try:
        yield seen
    finally:
        stopping.set()
        thread.join()
        reader.close()
