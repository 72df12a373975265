"""What traces cost a stage that does nothing: its own processor time, switched off and on.

Processor time, since that of a clock says more of what else the machine does. A stage has done some
jobs before it is looked at, so that its start does not count.
"""

import os
import statistics
from collections.abc import Mapping
from pathlib import Path

from bench.rig import process, wait_for_group
from support.kafka.cluster import Cluster
from support.tracing.collector import collecting

from headway.edges import kafka
from headway.tracing.context import TraceContext, inject

JOBS = 20_000
BEFORE = 300
ROUNDS = 3
_RATIO = {
    "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
    "OTEL_TRACES_SAMPLER_ARG": "0.01",
}
_TICKS = os.sysconf("SC_CLK_TCK")


def traces(bootstrap: str) -> float:
    """Print µs a job of each case, round by round; the median of 1 % of all to none."""
    found: dict[str, list[float]] = {}
    with collecting() as collector:
        on = collector.environment | {"OTEL_BSP_SCHEDULE_DELAY": "5000"} | _RATIO
        cases: dict[str, tuple[Mapping[str, str], int | None]] = {
            "off": ({}, None),
            "1 % of jobs without a context": (on, None),
            "not sampled elsewhere": (on, 0),
            "every job": (on, 1),
        }
        for _ in range(ROUNDS):
            for case, (environment, flags) in cases.items():
                found.setdefault(case, []).append(_micros(bootstrap, environment, flags))
    for case, micros in found.items():
        print(f"  {case:32} {statistics.median(micros):6.1f} µs a job")
    off, some = found["off"], found["1 % of jobs without a context"]
    return statistics.median(some) / statistics.median(off)


def _micros(bootstrap: str, environment: Mapping[str, str], flags: int | None) -> float:
    cluster = Cluster(bootstrap)
    told = {**os.environ, **cluster.environment(object_store_url="memory://"), **environment}
    source = cluster.catalog["jobs.submitted"].name
    _submit(cluster, range(BEFORE), flags)
    with process("noop_stage.py", "p1", environment=told) as pid:
        wait_for_group(cluster, f"{cluster.prefix}p1", source, BEFORE)
        before = _ticks(pid)
        _submit(cluster, range(BEFORE, BEFORE + JOBS), flags)
        wait_for_group(cluster, f"{cluster.prefix}p1", source, BEFORE + JOBS)
        return (_ticks(pid) - before) / _TICKS / JOBS * 1e6


def _submit(cluster: Cluster, numbers: range, flags: int | None) -> None:
    producer = kafka.producer(cluster.options)
    for number in numbers:
        context = None if flags is None else TraceContext(number + 1, number + 1, flags)
        job_id = f"job-{number}"
        producer.produce(
            cluster.catalog["jobs.submitted"].name,
            value=cluster.submission(job_id),
            key=job_id.encode(),
            headers=inject(context) if context else [],
        )
        producer.poll(0)
    producer.flush()


def _ticks(pid: int) -> int:
    """Of the processor, that it has had for itself and in the kernel."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
