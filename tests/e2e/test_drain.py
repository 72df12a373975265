"""SIGTERM in the middle of the work: finish what runs, tell it, leave the rest to the next."""

import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from support.kafka.cluster import Cluster
from support.processes import Service

pytestmark = [pytest.mark.broker, pytest.mark.e2e]


@pytest.mark.parametrize("stage", ["p1", "p2"])
def test_sigterm_lets_running_jobs_finish_and_leaves_waiting_ones_alone(
    cluster: Cluster, start: Callable[..., Service], tmp_path: Path, stage: str
) -> None:
    """A drained stage has told of all it did, and the next owner does the rest, once."""
    # Given one worker at a job, and jobs that wait for it
    declared = cluster.pipeline.stage(stage)
    gate = tmp_path / "finish"
    cluster.give(stage, ["at-work"], title=f"hold:{gate}", partition=0)
    service = start(f"support.stages.scripted_stage {stage}", "drain", concurrency=1)
    cluster.wait_for_states(["at-work"], declared.running.name)
    waiting = [f"waiting-{index}" for index in range(5)]
    cluster.give(stage, waiting, partition=0)

    # When it is told to stop, and the job ends within the deadline
    service.signal(signal.SIGTERM)
    service.wait_for_event("stage.draining")
    gate.touch()
    assert service.wait_for_exit() == 0

    # Then the running job is done, the waiting ones are not, until somebody takes over
    states = cluster.newest_states()
    assert states["at-work"]["status"] == declared.done.name
    assert not states.keys() & set(waiting)
    heir = start(f"support.stages.scripted_stage {stage}", "heir")
    cluster.wait_for_states(waiting, declared.done.name)
    assert cluster.outputs(stage) == Counter(["at-work", *waiting])
    assert heir.stop() == 0


@pytest.mark.parametrize("stage", ["p1", "p2"])
def test_a_handler_that_outlives_the_deadline_is_left_and_its_job_redone(
    cluster: Cluster, start: Callable[..., Service], tmp_path: Path, stage: str
) -> None:
    """The process ends on time; the job's next owner starts it again."""
    # Given a job that will not end
    declared = cluster.pipeline.stage(stage)
    gate = tmp_path / "never"
    impatient = start(f"support.stages.scripted_stage {stage}", "impatient", drain_seconds=0.5)
    cluster.give(stage, ["endless"], title=f"hold:{gate}")
    cluster.wait_for_states(["endless"], declared.running.name)

    # When the stage drains with a short deadline, it exits without waiting for the job
    assert impatient.stop() == 0
    assert cluster.newest_states()["endless"]["status"] == declared.running.name

    # Then the next owner does the job
    gate.touch()
    start(f"support.stages.scripted_stage {stage}", "patient")
    cluster.wait_for_states(["endless"], declared.done.name)
    assert cluster.outputs(stage) == {"endless": 1}
