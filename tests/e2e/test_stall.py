"""A stalled instance that wakes up as a zombie writes nothing: the generation fences it."""

import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from support.cluster import Cluster, Record
from support.processes import Service

pytestmark = [pytest.mark.broker, pytest.mark.e2e]

_JOBS = [f"job-{index}" for index in range(200)]
_TOPICS = ("job-state", "jobs.p1-done", "p1.dlq")


@pytest.mark.parametrize("step", ["begin", "send_offsets", "commit"])
def test_a_frame_cut_by_a_stall_is_fenced_and_its_jobs_are_done_once(
    cluster: Cluster, start: Callable[..., Service], step: str
) -> None:
    """Stopped past the session timeout at any step of a frame, the zombie adds no record."""
    # Given an instance that stops itself in the middle of its first frame
    cluster.submit(_JOBS, title="sleep:0.005")
    zombie = start("support.scripted_stage p1", "zombie", stop_before=step)
    zombie.wait_for_event("partition.loaded", count=6)
    _wait_until_stopped(zombie)

    # And another that is given its partitions and does all the jobs
    heir = start("support.scripted_stage p1", "heir")
    cluster.wait_for_states(_JOBS, "PROCESS_1_DONE", seconds=60)
    before = _visible(cluster)

    # When the zombie wakes up with its frame in hand
    zombie.signal(signal.SIGCONT)
    _wait_for_any(zombie, "partitions.lost", "partitions.revoked")

    # Then nothing was added, and every job has one output
    assert _visible(cluster) == before
    outputs = Counter(record.key for record in cluster.read("jobs.p1-done"))
    assert outputs == {job_id.encode(): 1 for job_id in _JOBS}

    assert zombie.events("frame.aborted") or zombie.events("producer.lost")

    # And the zombie is a good member again
    later = [f"later-{index}" for index in range(60)]
    cluster.submit(later, title="ok")
    cluster.wait_for_states(later, "PROCESS_1_DONE")
    outputs = Counter(record.key for record in cluster.read("jobs.p1-done"))
    assert set(outputs.values()) == {1}
    assert len(outputs) == len(_JOBS) + len(later)
    assert (zombie.stop(), heir.stop()) == (0, 0)


def test_handlers_of_a_stalled_instance_tell_nothing_after_their_partitions_went(
    cluster: Cluster, start: Callable[..., Service], tmp_path: Path
) -> None:
    """Jobs that were at work when the process stalled are dropped when it wakes up."""
    # Given an instance stopped with jobs at work
    gate = tmp_path / "go"
    jobs = [f"held-{index}" for index in range(6)]
    cluster.submit(jobs, title=f"hold:{gate}")
    zombie = start("support.scripted_stage p1", "zombie")
    cluster.wait_for_states(jobs, "PROCESS_1_RUNNING")
    zombie.signal(signal.SIGSTOP)

    # And another that did them meanwhile
    gate.touch()
    start("support.scripted_stage p1", "heir")
    cluster.wait_for_states(jobs, "PROCESS_1_DONE", seconds=60)
    before = _visible(cluster)

    # When the first wakes up and its handlers return
    zombie.signal(signal.SIGCONT)
    _wait_for_any(zombie, "partitions.lost", "partitions.revoked")
    zombie.wait_for_event("partitions.assigned", count=2)

    # Then nothing was added
    assert _visible(cluster) == before


def _visible(cluster: Cluster) -> dict[str, list[Record]]:
    return {topic: sorted(cluster.read(topic), key=_place) for topic in _TOPICS}


def _place(record: Record) -> tuple[int, int]:
    return record.partition, record.offset


def _wait_until_stopped(service: Service) -> None:
    stat = Path(f"/proc/{service.process.pid}/stat")
    deadline = time.monotonic() + 30
    while stat.read_text().rpartition(")")[2].split()[0] != "T":
        assert time.monotonic() < deadline, f"it did not stop itself:\n{service.tail()}"
        time.sleep(0.05)


def _wait_for_any(service: Service, *names: str) -> None:
    deadline = time.monotonic() + 30
    while not any(service.events(name) for name in names):
        assert time.monotonic() < deadline, f"none of {names}:\n{service.tail()}"
        time.sleep(0.05)
