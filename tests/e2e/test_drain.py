"""SIGTERM in the middle of the work: finish what runs, tell it, leave the rest to the next."""

import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from support.cluster import Cluster
from support.processes import Service

pytestmark = [pytest.mark.broker, pytest.mark.e2e]


def test_sigterm_lets_running_jobs_finish_and_leaves_waiting_ones_alone(
    cluster: Cluster, start: Callable[..., Service], tmp_path: Path
) -> None:
    """A drained stage has told of all it did, and the next owner does the rest, once."""
    # Given one worker at a job, and jobs that wait for it
    gate = tmp_path / "finish"
    cluster.submit(["at-work"], title=f"hold:{gate}")
    service = start("support.scripted_stage p1", "drain", concurrency=1)
    cluster.wait_for_states(["at-work"], "PROCESS_1_RUNNING")
    waiting = [f"waiting-{index}" for index in range(5)]
    cluster.submit(waiting, title="ok")

    # When it is told to stop, and the job ends within the deadline
    service.signal(signal.SIGTERM)
    service.wait_for_event("stage.draining")
    gate.touch()
    assert service.process.wait(30) == 0

    # Then the running job is done, the waiting ones are not, until somebody takes over
    states = cluster.newest_states()
    assert states["at-work"]["status"] == "PROCESS_1_DONE"
    assert not states.keys() & set(waiting)
    heir = start("support.scripted_stage p1", "heir")
    cluster.wait_for_states(waiting, "PROCESS_1_DONE")
    keys = [record.key for record in cluster.read("jobs.p1-done")]
    assert sorted(k for k in keys if k and k.startswith(b"waiting")) == [
        job_id.encode() for job_id in waiting
    ]
    assert heir.stop() == 0


def test_a_handler_that_outlives_the_deadline_is_left_and_its_job_redone(
    cluster: Cluster, start: Callable[..., Service], tmp_path: Path
) -> None:
    """The process ends on time; the job's next owner starts it again."""
    # Given a job that will not end
    gate = tmp_path / "never"
    impatient = start("support.scripted_stage p1", "impatient", drain_seconds=0.5)
    cluster.submit(["endless"], title=f"hold:{gate}")
    cluster.wait_for_states(["endless"], "PROCESS_1_RUNNING")

    # When the stage drains with a short deadline, it exits in time
    assert impatient.stop(seconds=20) == 0
    assert cluster.newest_states()["endless"]["status"] == "PROCESS_1_RUNNING"

    # Then the next owner does the job
    gate.touch()
    start("support.scripted_stage p1", "patient")
    cluster.wait_for_states(["endless"], "PROCESS_1_DONE")
    assert len([r for r in cluster.read("jobs.p1-done") if r.key == b"endless"]) == 1
