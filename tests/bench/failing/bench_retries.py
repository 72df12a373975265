"""What later tries cost a stage, and how late they begin where many wait.

Retries: a no-op p1 in which the first call of one job in ten fails, against one in which none does.
Lateness: of 50,000 jobs that wait in the tier of p1 at once, each due at another moment of a
minute, how much later than due each begins, by its own timeline; against 500 within as long.
"""

import os
import statistics
import time
from collections.abc import Iterator
from zlib import crc32

from bench.rig import process, span_seconds, wait_for_group, wait_for_records
from support.kafka.cluster import Cluster

#: So many that the delay of the last ones is nothing beside all of it.
JOBS = 120_000
ROUNDS = 3
ONE_IN = 10
FEW, MANY = 500, 50_000
OVER_SECONDS = 60.0
#: All are there before the first is due.
DELAY_SECONDS = OVER_SECONDS + 5
_AT_ONCE = 50
_DELAYS = {"retry_delays": "0.1,0.2,0.3"}


def retries(bootstrap: str) -> float:
    """Print jobs/s of both, round by round; the median ratio."""
    ratios = []
    for number in range(1, ROUNDS + 1):
        whole, failing = _throughput(bootstrap, 0), _throughput(bootstrap, ONE_IN)
        ratios.append(failing / whole)
        print(
            f"  round {number}: none fails {whole:8,.0f} jobs/s, one in {ONE_IN} fails once "
            f"{failing:8,.0f} ({ratios[-1]:.2f})"
        )
    return statistics.median(ratios)


def lateness(bootstrap: str) -> float:
    """Print how late jobs begin, few and many; the ratio of the 99th percentiles."""
    few, many = (_late(bootstrap, count) for count in (FEW, MANY))
    return many / few


def _throughput(bootstrap: str, one_in: int) -> float:
    cluster = Cluster(bootstrap)
    names = [f"job-{index}" for index in range(JOBS)]
    cluster.submit(names)
    failing = sum(crc32(name.encode()) % one_in == 0 for name in names) if one_in else 0
    source, tier, sink = (
        cluster.catalog[topic].name for topic in ("jobs.submitted", "p1.retry.1", "jobs.p1-done")
    )
    environment = _environment(cluster, one_in, **_DELAYS)
    with process("noop_stage.py", "p1", environment=environment):
        wait_for_group(cluster, cluster.prefix + "p1", source, JOBS)
        wait_for_group(cluster, cluster.prefix + "p1", tier, failing)
        wait_for_records(cluster, sink, JOBS)
    return JOBS / span_seconds(cluster, sink, JOBS)


def _late(bootstrap: str, count: int) -> float:
    """The 99th percentile in seconds."""
    cluster = Cluster(bootstrap)
    sink = cluster.catalog["jobs.p1-done"].name
    delay = f"{DELAY_SECONDS},{DELAY_SECONDS},{DELAY_SECONDS}"
    environment = _environment(cluster, 1, retry_delays=delay)
    with process("noop_stage.py", "p1", environment=environment):
        _submit_evenly(cluster, count)
        # Nobody reads meanwhile.
        time.sleep(DELAY_SECONDS)
        wait_for_records(cluster, sink, count)
    late = sorted(_lateness(cluster))
    half, most = late[len(late) // 2], late[len(late) * 99 // 100]
    print(
        f"  {count:6,} wait, due within {OVER_SECONDS:g} s: p50 {half * 1000:,.0f} ms, "
        f"p99 {most * 1000:,.0f} ms, latest {late[-1] * 1000:,.0f} ms"
    )
    return most


def _submit_evenly(cluster: Cluster, count: int) -> None:
    began, at_once = time.monotonic(), max(1, _AT_ONCE * count // MANY)
    for start in range(0, count, at_once):
        due = began + OVER_SECONDS * start / count
        time.sleep(max(due - time.monotonic(), 0))
        for index in range(start, min(start + at_once, count)):
            value = cluster.submission(f"job-{index}")
            cluster.produce("jobs.submitted", key=b"job-%d" % index, value=value)
    cluster.flush()


def _lateness(cluster: Cluster) -> Iterator[float]:
    """Seconds from when each job was due to when its handler began again."""
    states = cluster.decoded("job-state")
    due = {state["job_id"]: state["due_at"] for state in states if state["due_at"] is not None}
    running = cluster.pipeline.stage("p1").running.name
    for output in cluster.decoded("jobs.p1-done"):
        job = output["job"]
        began = max(step["at"] for step in job["timeline"] if step["status"] == running)
        yield (began - due[job["job_id"]]) / 1000


def _environment(cluster: Cluster, one_in: int, **settings: object) -> dict[str, str]:
    told = cluster.environment(object_store_url="memory://", **settings)
    return {**os.environ, **told, "FAIL_ONE_IN": str(one_in)}
