"""A stalled instance that wakes up as a zombie writes nothing: the generation fences it."""

import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from support.kafka.cluster import Cluster, Record
from support.processes import Service

pytestmark = [pytest.mark.broker, pytest.mark.e2e]

_JOBS = [f"job-{index}" for index in range(200)]
_PARTITIONS = 6


@pytest.mark.parametrize("stage", ["p1", "p2"])
@pytest.mark.parametrize("step", ["begin", "send_offsets", "commit"])
def test_a_frame_cut_by_a_stall_is_fenced_and_its_jobs_are_done_once(
    cluster: Cluster, start: Callable[..., Service], step: str, stage: str
) -> None:
    """Stopped past the session timeout at any step of a frame, the zombie adds no record."""
    # Given an instance that stops itself in the middle of its first frame
    done = cluster.pipeline.stage(stage).done.name
    cluster.give(stage, _JOBS, title="sleep:0.005")
    zombie = start(f"support.stages.scripted_stage {stage}", "zombie", stop_before=step)
    zombie.wait_until_stopped()

    # And another that is given its partitions and does all the jobs
    heir = start(f"support.stages.scripted_stage {stage}", "heir")
    cluster.wait_for_states(_JOBS, done)
    before = _visible(cluster, stage)

    # When the zombie wakes up with its frame in hand
    zombie.signal(signal.SIGCONT)
    zombie.wait_for_event("partitions.lost", "partitions.revoked")

    # Then nothing was added, and every job has one output
    assert _visible(cluster, stage) == before
    assert cluster.outputs(stage) == Counter(_JOBS)
    assert zombie.wait_for_event("frame.aborted", "producer.lost")

    # And the zombie is a good member again: nothing of its frame comes with later ones
    later = [f"later-{index}" for index in range(60)]
    cluster.give(stage, later)
    cluster.wait_for_states(later, done)
    assert cluster.outputs(stage) == Counter(_JOBS + later)
    assert (zombie.stop(), heir.stop()) == (0, 0)


@pytest.mark.parametrize("stage", ["p1", "p2"])
def test_handlers_of_a_stalled_instance_tell_nothing_after_their_partitions_went(
    cluster: Cluster, start: Callable[..., Service], tmp_path: Path, stage: str
) -> None:
    """Jobs that were at work when the process stalled are dropped when their handlers return."""
    # Given an instance stopped with jobs at work
    declared = cluster.pipeline.stage(stage)
    jobs = [f"held-{index}" for index in range(6)]
    cluster.give(stage, jobs, title=f"hold:{tmp_path}/go-$INSTANCE_ID")
    zombie = start(f"support.stages.scripted_stage {stage}", "zombie")
    cluster.wait_for_states(jobs, declared.running.name)
    zombie.signal(signal.SIGSTOP)

    # And another that did them meanwhile
    (tmp_path / "go-heir").touch()
    heir = start(f"support.stages.scripted_stage {stage}", "heir")
    cluster.wait_for_states(jobs, declared.done.name)
    assert cluster.outputs(stage) == Counter(jobs)

    # When the first wakes up, has lost what it had, and only then its handlers return
    zombie.signal(signal.SIGCONT)
    zombie.wait_for_event("partitions.lost", "partitions.revoked")
    zombie.wait_for_event("partitions.assigned", count=2)
    (tmp_path / "go-zombie").touch()

    # And both have said something of every partition since
    for partition in range(_PARTITIONS):
        marker = [f"marker-{partition}"]
        cluster.give(stage, marker, partition=partition)
        cluster.wait_for_states(marker, declared.done.name)
    _wait_for_work(zombie, stage)

    # Then nothing was added to what is said of the jobs
    outputs = cluster.outputs(stage)
    assert {job_id: outputs[job_id] for job_id in jobs} == dict.fromkeys(jobs, 1)
    assert {cluster.newest_states()[job_id]["status"] for job_id in jobs} == {declared.done.name}
    assert (zombie.stop(), heir.stop()) == (0, 0)


def _wait_for_work(service: Service, stage: str) -> None:
    """It has had work to do and has said so: it is part of the group again."""
    line = f'headway_records_total{{outcome="done",stage="{stage}"}}'
    assert service.metric(line) > 0, service.tail()


def _visible(cluster: Cluster, stage: str) -> dict[str, list[Record]]:
    declared = cluster.pipeline.stage(stage)
    topics = ("job-state", declared.sink, declared.dead_letters)
    return {topic: sorted(cluster.read(topic), key=_place) for topic in topics}


def _place(record: Record) -> tuple[int, int]:
    return record.partition, record.offset
