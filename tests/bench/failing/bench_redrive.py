"""What it takes to send 10,000 dead letters back: `headway dead-letters redrive`, to the last job.

Each job of a no-op p1 fails once and becomes a dead letter at once. Then all are sent back, with no
limit to the pace, and are done; against as many jobs that are submitted and do not fail. The
command's own words say how it goes.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

from bench.rig import moments, process, span_seconds, wait_for_group, wait_for_records
from support.kafka.cluster import Cluster

LETTERS = 10_000
_TO_LETTERS_AT_ONCE = {"retry_tries": 0, "failure_limit_run": 0, "failure_limit_share": 0}


def redrive(bootstrap: str) -> float:
    """Print how long both took; the ratio of jobs/s."""
    plain = _submitted(bootstrap)
    print(f"  submitted and done: {plain:8,.0f} jobs/s", flush=True)
    found, rate = _redriven(bootstrap)
    print(f"  dead letters to done again: {rate:8,.0f} jobs/s; of the command {found:.1f} s")
    return rate / plain


def _submitted(bootstrap: str) -> float:
    cluster = Cluster(bootstrap)
    sink = cluster.catalog["jobs.p1-done"].name
    cluster.submit([f"job-{index}" for index in range(LETTERS)])
    with process("noop_stage.py", "p1", environment=_environment(cluster, 0)):
        wait_for_records(cluster, sink, LETTERS)
    return LETTERS / span_seconds(cluster, sink, LETTERS)


def _redriven(bootstrap: str) -> tuple[float, float]:
    """Seconds of the command; jobs/s from its begin to the last job."""
    cluster = Cluster(bootstrap)
    source, sink = (cluster.catalog[name].name for name in ("jobs.submitted", "jobs.p1-done"))
    cluster.submit([f"job-{index}" for index in range(LETTERS)])
    environment = _environment(cluster, 1)
    with process("noop_stage.py", "p1", environment=environment):
        wait_for_group(cluster, cluster.prefix + "p1", source, LETTERS)
        began = time.time()
        command = [str(Path(sys.executable).with_name("headway")), "dead-letters", "redrive"]
        subprocess.run([*command, "--all", "--yes", "--rate", "0"], env=environment, check=True)
        took = time.time() - began
        wait_for_records(cluster, sink, LETTERS)
    last = max(moments(cluster, sink)) / 1000
    return took, LETTERS / (last - began)


def _environment(cluster: Cluster, one_in: int) -> dict[str, str]:
    told = cluster.environment(object_store_url="memory://", **_TO_LETTERS_AT_ONCE)
    return {**os.environ, **told, "FAIL_ONE_IN": str(one_in)}
