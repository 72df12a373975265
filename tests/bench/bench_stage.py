"""Three ratios of the stage runtime: no-op throughput, and slow handlers side by side.

Throughput: a no-op p1 with Avro, states, duplicate index and metrics, against `bare_hop.py`.
Side by side: 50 ms handlers in one partition, against concurrency / 50 ms.
Together: the same with twenty jobs a call.
"""

import os
import statistics

from bench.rig import process, span_seconds, wait_for_group
from support.kafka.cluster import Cluster

JOBS = 60_000
ROUNDS = 3
SLEEP_SECONDS = 0.05
CONCURRENCY = 32
SLEEPERS = CONCURRENCY * 60
#: Jobs of one call, and calls side by side.
BATCH, CALLS = 20, 4
TOGETHER = BATCH * CALLS * 200


def throughput(bootstrap: str) -> float:
    """Print jobs/s of all, round by round; the median ratio to the loop with our options."""
    ratios, to_defaults = [], []
    for number in range(1, ROUNDS + 1):
        bare, defaults = _bare(bootstrap), _bare(bootstrap, "defaults")
        ours = _noop_stage(bootstrap)
        ratios.append(ours / bare)
        to_defaults.append(ours / defaults)
        print(
            f"  round {number}: stage {ours:8,.0f} jobs/s, bare {bare:8,.0f} ({ratios[-1]:.2f}), "
            f"bare with the client's defaults {defaults:8,.0f} ({to_defaults[-1]:.2f})"
        )
    print(f"  median against the client's defaults: {statistics.median(to_defaults):.2f}")
    return statistics.median(ratios)


def side_by_side(bootstrap: str) -> float:
    """Print jobs/s of slow handlers in one partition; the share of what is possible."""
    cluster = Cluster(bootstrap)
    for index in range(SLEEPERS):
        value = cluster.submission(f"job-{index}")
        cluster.produce("jobs.submitted", key=b"job-%d" % index, value=value, partition=0)
    cluster.flush()
    settings = {"sleep_seconds": SLEEP_SECONDS, "concurrency": CONCURRENCY}
    seconds = _stage_seconds(cluster, SLEEPERS, **settings)
    # The first output comes after one handler's time, so the span lacks it.
    reached, possible = SLEEPERS / (seconds + SLEEP_SECONDS), CONCURRENCY / SLEEP_SECONDS
    print(f"  {CONCURRENCY} handlers of 50 ms: {reached:,.0f} of {possible:,.0f} jobs/s")
    return reached / possible


def together(bootstrap: str) -> float:
    """Print jobs/s of slow calls with many jobs each; the share of what is possible."""
    cluster = Cluster(bootstrap)
    cluster.submit(f"job-{index}" for index in range(TOGETHER))
    settings = {"sleep_seconds": SLEEP_SECONDS, "concurrency": CALLS, "batch": f"{BATCH}:0.5"}
    seconds = _stage_seconds(cluster, TOGETHER, **settings)
    reached, possible = TOGETHER / (seconds + SLEEP_SECONDS), BATCH * CALLS / SLEEP_SECONDS
    print(f"  {CALLS} calls of 50 ms for {BATCH} jobs: {reached:,.0f} of {possible:,.0f} jobs/s")
    return reached / possible


def _bare(bootstrap: str, *flags: str) -> float:
    cluster = Cluster(bootstrap)
    source = cluster.catalog["jobs.submitted"].name
    sink, state = cluster.catalog["jobs.p1-done"].name, cluster.catalog["job-state"].name
    cluster.submit(f"job-{index}" for index in range(JOBS))
    arguments = (bootstrap, source, sink, state, *flags)
    with process("bare_hop.py", *arguments, environment=os.environ):
        wait_for_group(cluster, f"bare-{source}", source, JOBS)
    return JOBS / span_seconds(cluster, sink, JOBS)


def _noop_stage(bootstrap: str) -> float:
    cluster = Cluster(bootstrap)
    cluster.submit(f"job-{index}" for index in range(JOBS))
    return JOBS / _stage_seconds(cluster, JOBS)


def _stage_seconds(cluster: Cluster, jobs: int, **settings: object) -> float:
    source, sink = cluster.catalog["jobs.submitted"].name, cluster.catalog["jobs.p1-done"].name
    environment = cluster.environment(object_store_url="memory://", **settings)
    with process("noop_stage.py", "p1", environment={**os.environ, **environment}):
        wait_for_group(cluster, cluster.prefix + "p1", source, jobs)
    return span_seconds(cluster, sink, jobs)
