"""A reason to pause that the stage knows nothing of: whoever has one brings it along."""

from prometheus_client import REGISTRY
from support.stages.stage_rig import FakeCluster, InProcessStage, jobs, once

from headway.owning.flow import Reason
from headway.owning.place import Place

_WINDOW = "window closed"


def _paused(stage: InProcessStage, cluster: FakeCluster, index: int) -> tuple[Reason, Place]:
    """The reason that pauses one partition of what *stage* reads, and its place."""
    place = cluster.catalog[cluster.pipeline.stage(stage.name).source].name, index
    reason = stage.flow.reason(_WINDOW)
    reason.pause([place])
    stage.turn()
    return reason, place


def test_a_partition_waits_for_a_reason_of_the_tests_own(cluster: FakeCluster, name: str) -> None:
    """Its records stay where they are; the others go on, and people are told why."""
    # Given a stage with two partitions, one of them paused for a reason it never heard of
    stage = cluster.stage(name).start()
    stage.turn_until(lambda: stage.health.ready, lambda: stage.health.reason)
    reason, place = _paused(stage, cluster, 1)

    # When both have records
    cluster.give(name, "waits", partition=1)
    cluster.give(name, *jobs(3), partition=0)
    stage.turn_until(lambda: cluster.outputs(name) == once(jobs(3)))

    # Then the one is not begun, the stage is ready all the same, and says what waits and why
    stage.turn(5)
    assert stage.script.calls["waits"] == 0
    assert stage.health.ready
    assert stage.health.notes["paused"] == {f"{place[0]}[1]": [_WINDOW]}
    assert _metric(place) == 1

    # When the reason ends, then it is done, and nothing tells of the reason any more
    reason.resume()
    stage.turn_until(lambda: cluster.outputs(name) == once(["waits", *jobs(3)]))
    assert stage.health.notes["paused"] == {}
    assert _metric(place) is None


def test_a_reason_that_makes_a_stage_unready_says_why(cluster: FakeCluster, name: str) -> None:
    """Whoever pauses everything may know that nothing should be sent here meanwhile."""
    # Given a stage that is ready
    stage = cluster.stage(name).start()
    stage.turn_until(lambda: stage.health.ready, lambda: stage.health.reason)

    # When somebody pauses everything and says that the stage is of no use, then it is not ready
    reason = stage.flow.reason("breaker:paper", unready="no paper")
    reason.pause()
    stage.turn()
    assert (stage.health.ready, stage.health.reason) == (False, "no paper")

    # When it is over, then it is
    reason.resume()
    stage.turn()
    assert stage.health.ready


def _metric(place: Place) -> float | None:
    labels = {"topic": place[0], "partition": str(place[1]), "reason": _WINDOW}
    return REGISTRY.get_sample_value("headway_paused", labels)
