"""A first stage that has a window: its jobs may have a time of their own as well."""

from dataclasses import replace

import pytest
from support.holding.calendar import OFF_PEAK, Calendar, held, wait
from support.stages.commander import Commander
from support.stages.stage_rig import FakeCluster, InProcessStage, once

from headway.declared.pipeline import Pipeline
from headway.declared.window import Window

_HOUR_MS = 3_600_000


@pytest.fixture
def stage(cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch) -> InProcessStage:
    """p1 with a window for jobs that are marked for it."""
    first, *others = cluster.pipeline.stages
    window = Window.of({"open": "22:00-06:00 Europe/Berlin", "tag": "off-peak"})
    changed = replace(cluster.pipeline, stages=(replace(first, window=window), *others))
    monkeypatch.setattr(Pipeline, "load", staticmethod(lambda: changed))
    return cluster.stage("p1").start()


@pytest.fixture
def calendar(cluster: FakeCluster) -> Calendar:
    return Calendar(cluster, "p1")


def test_a_job_waits_for_its_time_and_then_for_the_window(
    cluster: FakeCluster, stage: InProcessStage, commands: Commander, calendar: Calendar
) -> None:
    """A release at its time is an alarm clock's: it does not open the window."""
    # Given a job with a time of its own, and a command that comes a moment before
    due_at = cluster.broker.now_ms() + 2000
    cluster.give("p1", "job", tags=OFF_PEAK, not_before=due_at)
    wait(stage, cluster, "job")
    commands.release("job", "p1")

    # When its time has come, then it waits for the window
    stage.turn_until(lambda: cluster.states()["job"]["held"] == "window", cluster.states)
    assert cluster.states()["job"]["updated_at"] >= due_at
    assert held(cluster) == {"job"}

    # And then it begins
    calendar.open()
    stage.turn_until(lambda: cluster.outputs("p1") == once(["job"]))


def test_a_release_that_comes_long_before_its_time_is_meant_to(
    cluster: FakeCluster, stage: InProcessStage, commands: Commander
) -> None:
    """Somebody wants it run now, whatever it waits for."""
    # Given a job with a time of its own, which would wait for the window then
    cluster.give("p1", "job", tags=OFF_PEAK, not_before=cluster.broker.now_ms() + _HOUR_MS)
    wait(stage, cluster, "job")

    # When it is released, then it runs
    commands.release("job", "p1")
    stage.turn_until(lambda: cluster.outputs("p1") == once(["job"]))


def test_an_open_window_passes_by_what_has_a_time_of_its_own(
    cluster: FakeCluster, stage: InProcessStage, commands: Commander, calendar: Calendar
) -> None:
    """It is laid down anew behind the others, once, and found there when its time comes."""
    # Given both kinds, one behind the other
    cluster.give("p1", "later", tags=OFF_PEAK, not_before=cluster.broker.now_ms() + _HOUR_MS)
    wait(stage, cluster, "later")
    cluster.give("p1", "window", tags=OFF_PEAK)
    wait(stage, cluster, "later", "window")

    # When the window opens
    calendar.open()
    stage.turn_until(lambda: cluster.outputs("p1") == once(["window"]))
    stage.turn_until(lambda: len(cluster.read("p1.held")) == 3)
    stage.turn(50)

    # Then one is done, and the other lies anew, with the same state
    ((_, offset, _),) = cluster.read("p1.held")[2:]
    state = cluster.states()["later"]
    assert state["waits_at"]["offset"] == offset
    assert [step["status"] for step in state["timeline"]] == ["QUEUED", "SCHEDULED"]
    assert len(cluster.read("p1.held")) == 3
    commands.release("later", "p1")
    stage.turn_until(lambda: cluster.outputs("p1") == once(["window", "later"]))
