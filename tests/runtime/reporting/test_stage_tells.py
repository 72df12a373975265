"""A whole stage over fakes tells what it has done, once for each record it settled."""

from typing import Any

from support.stages.stage_rig import FakeCluster
from support.waiting import DEADLINE_SECONDS

from headway.base.clock import SystemClock
from headway.base.errors import PermanentError
from headway.wire.codec import Codec


def test_what_a_stage_has_settled_is_in_its_last_report(
    cluster: FakeCluster, name: str, codec: Codec
) -> None:
    """Counted when the frame is committed; told a last time when the stage ends."""
    # Given a stage with jobs of which some fail for good
    stage = cluster.stage(name).start()
    for number in range(6):
        job = f"job-{number}"
        if number < 2:
            stage.script.fail(job, PermanentError("no"))
        cluster.give(name, job)

    # When it has worked on all of them and ends
    stage.turn_until(lambda: len(_over(cluster, name)) == 6)
    stage.drain(SystemClock().monotonic() + DEADLINE_SECONDS)

    # Then its last report counts each once, with its time and the classes of the errors
    found = cluster.read("stage-reports")
    told = [codec.decode(each.value, "stage-report") for _, _, each in found]
    last: dict[str, Any] = told[-1]
    assert last["outcomes"] == {"done": 4, "failed": 2}
    assert last["errors"] == {"PermanentError": 2}
    assert sum(last["stage_times"]) == 6
    assert sum(last["job_times"]) == (6 if cluster.pipeline.stage(name).last else 2)
    assert [each["number"] for each in told] == list(range(1, len(told) + 1))
    assert len({(each["stage"], each["instance"], each["life"]) for each in told}) == 1
    assert {place for place, _, _ in found} == {
        ("stage-reports", cluster.pipeline.stage(name).index - 1)
    }


def _over(cluster: FakeCluster, name: str) -> set[str]:
    ends = {cluster.pipeline.stage(name).done.name, cluster.pipeline.failed}
    return {job for job, status in cluster.statuses().items() if status in ends}
