"""Half a million jobs wait, some of them large: what every process holds stays the same.

Flat means: in the second half of the work none takes more than in the first, but for a small part
and for a stage's index, which has an entry for every job (ADR 2, ADR 20). What is measured is the
resident memory of a process and its children.
"""

import random
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from support.kafka.cluster import Cluster
from support.kafka.writing import sure_producer
from support.measuring.family import memory_bytes

from chaos.fleet import Fleet, Member, folder_of_run
from chaos.follower import Follower
from chaos.table import Table
from localkafka import running_brokers

_SAMPLE_SECONDS: Final = 2.0
_TOLD_EVERY: Final = 10
#: One job in so many is large, and all of those together are some gigabytes.
_LARGE_EVERY: Final = 170
_LARGEST_BYTES: Final = 1_000_000
#: The first part of the work is for caches, connections and the allocator to settle.
_SETTLING: Final = 0.5
#: Growth allowed after that, as a part and in MB: a flat process breathes.
_GROWTH: Final = 0.10
_GROWTH_MB: Final = 32.0
#: What an entry of a stage's index may take.
_INDEX_BYTES_A_JOB: Final = 200
_SEED: Final = 7


@dataclass(frozen=True, slots=True)
class Plan:
    seconds: float
    jobs: int


def run(plan: Plan) -> int:
    """The exit code: 0 if all held."""
    table = Table(f"{plan.jobs:,} jobs wait, one in {_LARGE_EVERY} up to 1 MB; {plan.seconds:g} s")
    with (
        folder_of_run() as folder,
        running_brokers(nodes=1, data_dir=folder / "brokers") as brokers,
    ):
        _run(plan, Cluster(brokers.bootstrap_servers), folder, table)
    return table.end()


def _run(plan: Plan, cluster: Cluster, folder: Path, table: Table) -> None:
    size = _submit(plan.jobs, cluster)
    table.fact("waiting", f"{plan.jobs:,} jobs, {size / 1e9:.1f} GB")
    table.tell(f"{plan.jobs:,} jobs of {size / 1e9:.1f} GB wait")
    fleet = Fleet(cluster, folder)
    for stage in cluster.pipeline.stages:
        fleet.add(f"support.stages.scripted_stage {stage.name}")
    fleet.add("status")
    with fleet, Follower(cluster) as follower:
        sizes = _watch(plan, fleet, follower, table)
        table.fact("jobs completed meanwhile", follower.counts()["COMPLETED"])
        table.none("/livez dark", fleet.dark)
        table.none("services that ended unasked", fleet.unasked_ends())
    for name, samples in sizes.items():
        indexed = 0 if name.startswith("status") else int(plan.jobs * (1 - _SETTLING))
        _judge(name, samples, table, indexed=indexed)


def _submit(count: int, cluster: Cluster) -> int:
    """Small jobs, and here and there a large one whose data do not shrink; their bytes."""
    chance, size = random.Random(_SEED), 0
    producer = sure_producer(cluster.options, linger_ms=20, message_max_bytes=_LARGEST_BYTES * 2)
    topic = cluster.catalog["jobs.submitted"].name
    for number in range(count):
        content = b""
        if number % _LARGE_EVERY == 0:
            content = chance.randbytes(chance.randrange(_LARGEST_BYTES // 10, _LARGEST_BYTES))
        job_id = f"job-{number:06}"
        value = cluster.submission(job_id, title="ok", content=content)
        size += len(value)
        while True:
            try:
                producer.produce(topic, value, job_id.encode())
            except BufferError:
                producer.poll(0.1)
            else:
                break
    assert producer.flush(120) == 0
    return size


def _watch(plan: Plan, fleet: Fleet, follower: Follower, table: Table) -> dict[str, list[float]]:
    """Resident megabytes of each member, sampled until the time is up or all work is done."""
    sizes: defaultdict[str, list[float]] = defaultdict(list)
    end = time.monotonic() + plan.seconds
    while time.monotonic() < end and follower.counts()["COMPLETED"] < plan.jobs:
        time.sleep(_SAMPLE_SECONDS)
        fleet.look()
        for member in fleet.members:
            sizes[member.name].append(_resident_mb(member))
        if len(sizes[fleet.members[0].name]) % _TOLD_EVERY == 0:
            shown = ", ".join(f"{name} {samples[-1]:.0f}" for name, samples in sizes.items())
            table.tell(f"resident MB: {shown}; {dict(follower.counts())}")
    return sizes


def _judge(name: str, samples: list[float], table: Table, *, indexed: int) -> None:
    settled = int(len(samples) * _SETTLING)
    before, after = max(samples[:settled]), max(samples[settled:])
    told = f"{samples[0]:.0f}, {before:.0f}, {after:.0f} MB"
    table.fact(f"{name}: at first, most in each half of the work", told)
    limit = max(before * _GROWTH, _GROWTH_MB) + indexed * _INDEX_BYTES_A_JOB / 1e6
    table.most(f"{name}: growth", after - before, limit, "MB")


def _resident_mb(member: Member) -> float:
    return memory_bytes(member.service.process.pid) / 1024**2
