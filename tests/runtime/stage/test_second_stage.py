"""A stage behind the first one: what is over in it stays as it is, whatever comes under its key."""

from collections.abc import Callable

import pytest
from support.kafka.cluster import Cluster
from support.kafka.messages import profile_done
from support.processes import Service
from support.waiting import wait_until

from headway.declared.pipeline import Pipeline

_DONE = Pipeline.load().stage("p2").done.name

pytestmark = pytest.mark.broker


@pytest.fixture
def stage(start_stage: Callable[..., Service]) -> Callable[[str], Service]:
    def start(instance: str) -> Service:
        service = start_stage("p2", instance)
        service.wait_for_event("partition.loaded", count=6)
        return service

    return start


def _give(cluster: Cluster, job_id: str, value: bytes | None) -> None:
    cluster.produce("jobs.p1-done", key=job_id.encode(), value=value, partition=1)
    cluster.flush()


def _dead_letters(cluster: Cluster, job_id: str) -> int:
    return sum(record.key == job_id.encode() for record in cluster.read("p2.dlq"))


def _outputs(cluster: Cluster, job_id: str) -> int:
    return sum(record.key == job_id.encode() for record in cluster.read("jobs.p2-done"))


@pytest.mark.parametrize("restart", [False, True], ids=["at once", "after a restart"])
def test_nothing_under_the_key_of_a_finished_job_changes_it(
    cluster: Cluster, stage: Callable[[str], Service], *, restart: bool
) -> None:
    """Garbage and a tombstone are dead letters only, a second record is a duplicate."""
    # Given a job that this stage has completed
    job_id = f"over-{restart}"
    service = stage(f"first-{restart}")
    _give(cluster, job_id, profile_done(job_id, title="ok"))
    done = cluster.wait_for_states([job_id], _DONE)[job_id]

    # When its owner knows it by itself, or by the index alone, and more comes under its key
    if restart:
        service.stop()
        service = stage(f"second-{restart}")
    for value in (b"garbage", None, profile_done(job_id, title="permanent:must not run")):
        _give(cluster, job_id, value)
    _give(cluster, f"marker-{restart}", profile_done(f"marker-{restart}", title="ok"))
    cluster.wait_for_states([f"marker-{restart}"], _DONE)

    # Then its state is the one it had, and what cannot be read is kept
    wait_until(lambda: _dead_letters(cluster, job_id) == 2)
    assert cluster.newest_states()[job_id] == done
    assert _outputs(cluster, job_id) == 1
    service.stop()


def test_a_job_that_ran_when_its_process_died_runs_again(
    cluster: Cluster, stage: Callable[[str], Service]
) -> None:
    """RUNNING is committed and the output is not: the same record is handled by the heir."""
    # Given a job whose handler is at work, and said so
    service = stage("dies")
    _give(cluster, "cut", profile_done("cut", title="sleep:2"))
    cluster.wait_for_states(["cut"], "PROCESS_2_RUNNING")

    # When the process is killed and another takes over
    service.kill()
    service = stage("heir")

    # Then the job is completed, once
    cluster.wait_for_states(["cut"], _DONE)
    assert _outputs(cluster, "cut") == 1
    service.stop()


def test_moving_its_offsets_back_runs_no_finished_job_again(
    cluster: Cluster, stage: Callable[[str], Service]
) -> None:
    """Or the cluster forgets the group: the index knows what this stage is through with."""
    # Given a stage that is through with a job, and is stopped
    service = stage("moved")
    _give(cluster, "through", profile_done("through", title="ok"))
    cluster.wait_for_states(["through"], _DONE)
    assert service.stop() == 0

    # When an operator moves the group to the beginning, and the stage starts again
    cluster.rewind("p2")
    service = stage("moved")
    _give(cluster, "behind", profile_done("behind", title="ok"))
    cluster.wait_for_states(["behind"], _DONE)

    # Then only the new job was done
    assert (_outputs(cluster, "through"), _outputs(cluster, "behind")) == (1, 1)
    service.stop()
