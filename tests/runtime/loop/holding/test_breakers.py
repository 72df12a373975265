"""While a dependency is away a stage takes nothing, says so, and no job is anything else for it."""

from typing import Any

from prometheus_client import REGISTRY
from support.stages.stage_rig import FakeCluster, InProcessStage, jobs, once

from headway.base.errors import PermanentError, StoreUnavailable
from headway.declared.dependency import Dependency

_AWAY = StoreUnavailable("the store does not answer")
_REASON = "breaker:object store"


def _store(**more: Any) -> tuple[Dependency, ...]:
    told: dict[str, Any] = {"failures": 2, "open_seconds": 0.2, "longest_open_seconds": 0.2}
    return (Dependency("object store", (StoreUnavailable,), **(told | more)),)


def _away(cluster: FakeCluster, stage: InProcessStage) -> None:
    """Turn until the breaker is open and what is paused is told."""
    stage.turn_until(lambda: _paused(stage), lambda: (stage.flow.shown, cluster.statuses()))


def _paused(stage: InProcessStage) -> bool:
    shown = stage.flow.shown
    return bool(shown) and all(_REASON in reasons for reasons in shown.values())


def _notes(cluster: FakeCluster) -> list[tuple[int, str]]:
    """Percent and note of all progress that was told."""
    told = [
        cluster.codec.decode(r.value, "job-progress") for _, _, r in cluster.read("job-progress")
    ]
    return [(progress["progress"], progress["note"]) for progress in told]


def _metric(what: str, stage: InProcessStage) -> float:
    labels = {"stage": stage.name, "dependency": "object store"}
    return REGISTRY.get_sample_value(what, labels) or 0


def test_jobs_stay_what_they_are_and_are_all_done_when_it_is_back(
    cluster: FakeCluster, name: str
) -> None:
    """None fails, none is tried again, none is told to run that has not begun."""
    # Given a stage with more jobs than it works on at once, and a store that is away
    stage = cluster.stage(name, dependencies=_store()).start()
    before = _metric("headway_breaker_openings_total", stage)
    stage.script.fail_all(_AWAY)
    cluster.give(name, *jobs(30))
    _away(cluster, stage)

    # When it is away for as long as several trials take
    called = stage.script.calls.total()
    stage.turn_until(lambda: stage.script.calls.total() >= called + 3)

    # Then nothing is taken, the stage says why, and no job has failed or is done
    assert _paused(stage)
    assert not stage.health.ready
    assert stage.health.reason.startswith("the object store is away since")
    assert "StoreUnavailable: the store does not answer" in stage.health.reason
    assert stage.health.notes["breakers"]["object store"]["state"] in {"open", "half-open"}
    assert _metric("headway_breaker_open", stage) > 0
    running = cluster.pipeline.stage(name).running.name
    assert set(cluster.statuses().values()) <= {running}
    assert len(cluster.statuses()) < len(jobs(30))

    # When it is back, then all are done once, and nothing tells of it any more
    stage.script.fail_all(None)
    stage.turn_until(lambda: cluster.outputs(name) == once(jobs(30)))
    stage.turn_until(lambda: stage.health.ready, lambda: stage.health.reason)
    assert stage.health.notes["breakers"] == {}
    assert stage.flow.shown == {}
    assert _metric("headway_breaker_open", stage) == 0
    assert _metric("headway_breaker_openings_total", stage) == before + 1


def test_who_watches_a_job_is_told_what_it_waits_for(cluster: FakeCluster, name: str) -> None:
    """In the note of its progress; it is still said to run, and no percent falls."""
    # Given a job that is seen to run
    stage = cluster.stage(name, dependencies=_store(failures=1)).start()
    stage.script.hold("job")
    cluster.give(name, "job")
    running = cluster.pipeline.stage(name).running
    stage.turn_until(lambda: cluster.statuses() == {"job": running.name})

    # When it meets that the store is away
    stage.script.fail_all(_AWAY)
    stage.script.release("job")

    # Then its note says so, and since when
    stage.turn_until(lambda: any("waiting for" in note for _, note in _notes(cluster)))
    progress, note = _notes(cluster)[-1]
    assert note.startswith("waiting for the object store since ")
    assert note.endswith(" UTC")
    assert progress == running.progress
    assert cluster.statuses() == {"job": running.name}


def test_if_nobody_is_left_to_try_the_partitions_flow_until_somebody_comes(
    cluster: FakeCluster, name: str
) -> None:
    """Else a breaker would stay open for ever: half-open, with all that could close it paused."""
    # Given a breaker that is open, and one job that waits
    stage = cluster.stage(name, dependencies=_store(failures=1)).start()
    stage.script.fail_all(_AWAY)
    cluster.give(name, "only")
    _away(cluster, stage)

    # When that job fails for its own sake as it is tried
    stage.script.fail("only", PermanentError("no"))
    stage.turn_until(lambda: cluster.statuses().get("only") == "FAILED")

    # Then nothing is paused, although it is not known whether the store is back
    stage.turn_until(lambda: not stage.flow.shown, lambda: stage.flow.shown)
    assert stage.health.notes["breakers"]["object store"]["state"] == "half-open"

    # When a job comes and the store is back, then it is done
    stage.script.fail_all(None)
    cluster.give(name, "next")
    stage.turn_until(lambda: cluster.outputs(name) == once(["next"]))
    assert stage.health.notes["breakers"] == {}


def test_the_heir_of_a_partition_does_what_waited(cluster: FakeCluster, name: str) -> None:
    """Waiting holds no job: it goes with its partition."""
    # Given jobs that wait for a store in one instance
    first = cluster.stage(name, "a", dependencies=_store(open_seconds=60, longest_open_seconds=60))
    first.start()
    first.script.fail_all(_AWAY)
    cluster.give(name, *jobs(10))
    _away(cluster, first)

    # When it dies, and another takes over that reaches the store
    first.kill()
    second = cluster.stage(name, "b", dependencies=_store()).start()
    second.turn_until(lambda: cluster.outputs(name) == once(jobs(10)))

    # Then each was done once
    assert set(cluster.statuses().values()) == {cluster.pipeline.stage(name).done.name}


def test_a_stage_that_is_told_to_end_does_not_wait_for_its_store(
    cluster: FakeCluster, name: str
) -> None:
    """What waits is left to the heirs, at once."""
    # Given jobs that wait
    stage = cluster.stage(name, dependencies=_store(open_seconds=60, longest_open_seconds=60))
    stage.start()
    stage.script.fail_all(_AWAY)
    cluster.give(name, *jobs(10))
    _away(cluster, stage)

    # When the stage drains, with all the time in the world, then it ends, and none has failed
    stage.drain(stage.clock.monotonic() + 3600)
    assert "FAILED" not in cluster.statuses().values()
    assert cluster.outputs(name) == once([])
