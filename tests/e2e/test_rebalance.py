"""Two instances of a stage share its partitions; one comes and goes in the middle of the work."""

import random
from collections import Counter
from collections.abc import Callable

import pytest
from support.cluster import Cluster
from support.processes import Service

pytestmark = [pytest.mark.broker, pytest.mark.e2e]

_JOBS = [f"job-{index}" for index in range(1500)]


def test_every_job_is_done_once_while_instances_come_and_go(
    cluster: Cluster, start: Callable[..., Service]
) -> None:
    """A join, a SIGKILL and a drain in mid-work: one output a job, every newest state done."""
    # Given one instance at work on many jobs
    cluster.submit(_JOBS, title=f"sleep:{random.Random(1).uniform(0.02, 0.03):.4f}")
    first = start("support.scripted_stage p1", "first")
    _wait_for_outputs(cluster, 100)

    # When a second joins, the first is killed and a third joins, the second drains
    second = start("support.scripted_stage p1", "second")
    assert second.wait_for_event("partitions.assigned", seconds=60)
    _wait_for_outputs(cluster, 400)
    first.kill()
    third = start("support.scripted_stage p1", "third")
    _wait_for_outputs(cluster, 800)
    assert second.stop() == 0

    # Then every job is done, once
    states = cluster.wait_for_states(_JOBS, "PROCESS_1_DONE", seconds=90)
    assert len(states) == len(_JOBS)
    outputs = Counter(record.key for record in cluster.read("jobs.p1-done"))
    assert outputs == {job_id.encode(): 1 for job_id in _JOBS}
    assert third.stop() == 0


def _wait_for_outputs(cluster: Cluster, count: int) -> None:
    """Reading the topic takes its time, so the condition paces itself."""
    for _ in range(500):
        if len(cluster.read("jobs.p1-done")) >= count:
            return
    pytest.fail(f"fewer than {count} outputs")
