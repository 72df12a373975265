"""A stage that fails everything keeps most of its jobs."""

from prometheus_client import REGISTRY
from support.stages.stage_rig import FakeCluster, jobs


def test_a_stage_that_fails_everything_gives_up_few_and_says_so(
    cluster: FakeCluster, name: str
) -> None:
    """The others stay what they are until somebody has mended it."""
    # Given a stage with a bug, and many jobs
    stage = cluster.stage(name, failure_limit_run=5, concurrency=2).start()
    stage.script.fail_all(ZeroDivisionError("a bug"))
    cluster.give(name, *jobs(100))

    # When it has failed a run of them
    stage.turn_until(lambda: not stage.health.ready and stage.flow.shown, cluster.statuses)
    stage.turn(20)

    # Then it takes nothing more, and says what the newest error is and what to do
    failed = [s for s in cluster.statuses().values() if s == "FAILED"]
    assert 5 <= len(failed) <= 6
    reasons = {reason for told in stage.flow.shown.values() for reason in told}
    assert reasons == {"too many dead letters"}
    assert "ZeroDivisionError: a bug" in stage.health.reason
    assert cluster.pipeline.stage(name).dead_letters in stage.health.reason
    assert stage.health.notes["failure_limit"][name]["state"] == "open"
    assert REGISTRY.get_sample_value("headway_failure_limit_reached", {"stage": name}) == 1

    # And it ends when it is told to
    stage.drain(stage.clock.monotonic() + 3600)
    assert len(cluster.read(cluster.pipeline.stage(name).dead_letters)) == len(failed)
