"""One slow job holds nobody back, is seen at work, and nothing around it is done twice."""

from collections.abc import Callable
from pathlib import Path

import pytest
from support.cluster import Cluster
from support.processes import Service

from headway.offsets import decode_done

pytestmark = pytest.mark.broker

_QUICK = [f"quick-{index}" for index in range(40)]


def test_a_slow_job_holds_back_nothing_and_after_a_kill_only_it_runs_again(
    cluster: Cluster, start_stage: Callable[..., Service], tmp_path: Path
) -> None:
    """Done offsets above the watermark survive a SIGKILL in the committed metadata."""
    # Given a slow job at the head of a partition with quick ones behind it
    gate = tmp_path / "go"
    slow = cluster.submission("slow", title=f"hold:{gate}")
    cluster.produce("jobs.submitted", key=b"slow", value=slow, partition=1)
    for job_id in _QUICK:
        value = cluster.submission(job_id, title="ok")
        cluster.produce("jobs.submitted", key=job_id.encode(), value=value, partition=1)
    cluster.flush()
    service = start_stage("p1", "slow")

    # When the quick ones are done, the slow one is seen running, with its progress
    cluster.wait_for_states(_QUICK, "PROCESS_1_DONE")
    cluster.wait_for_states(["slow"], "PROCESS_1_RUNNING")
    _wait_for_progress(cluster, ("slow", 40, "half way"))

    # And everything was written to the partition it came from, not to its key's
    assert {record.partition for record in cluster.read("jobs.p1-done")} == {1}
    assert {record.partition for record in cluster.read("job-state")} == {1}

    # And the watermark stands at the slow one with the others in the metadata
    place = cluster.committed("p1")[1]
    assert place.offset == 0
    assert len(decode_done(place.offset, place.metadata or "") & set(range(1, 41))) == len(_QUICK)

    # Then a killed and restarted stage does only the slow one again
    service.kill()
    service.start()
    gate.touch()
    cluster.wait_for_states(["slow"], "PROCESS_1_DONE")
    assert len(cluster.read("jobs.p1-done")) == len(_QUICK) + 1
    assert service.stop() == 0


def test_moving_the_groups_offsets_back_runs_no_finished_job_again(
    cluster: Cluster, start_stage: Callable[..., Service]
) -> None:
    """The index knows which jobs the stage is through with, whatever the offsets say."""
    # Given a stage that is through with its jobs, and is stopped
    done = [f"through-{index}" for index in range(12)]
    first = start_stage("p1", "moved")
    first.wait_for_event("partition.loaded", count=6)
    cluster.submit(done, title="ok")
    cluster.wait_for_states(done, "PROCESS_1_DONE")
    assert first.stop() == 0
    outputs = len(cluster.read("jobs.p1-done"))

    # When an operator moves the group to the beginning, and the stage starts again
    cluster.rewind("p1")
    second = start_stage("p1", "moved")
    cluster.submit(["after-the-move"], title="ok")
    cluster.wait_for_states(["after-the-move"], "PROCESS_1_DONE")

    # Then only the new job was done
    assert len(cluster.read("jobs.p1-done")) == outputs + 1
    assert second.stop() == 0


def _wait_for_progress(cluster: Cluster, expected: tuple[str, int, str]) -> None:
    """Reading the topic takes its time, so the condition paces itself."""
    for _ in range(100):
        told = {(p["job_id"], p["progress"], p["note"]) for p in cluster.decoded("job-progress")}
        if expected in told:
            return
    pytest.fail(f"{expected} was never told, only {told}")
