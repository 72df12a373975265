"""A stage with a window: what waits for it begins while it is open, and at no other time."""

from support.holding.calendar import OFF_PEAK, WINDOWED, Calendar, held, wait
from support.stages.commander import AWAY, Commander
from support.stages.stage_rig import FakeCluster, InProcessStage, jobs, once

_HOUR_MS = 3_600_000


def test_jobs_wait_for_the_window_that_are_marked_for_it(cluster: FakeCluster) -> None:
    """Nobody has said that it is open, so it is closed; jobs without the tag go on."""
    # Given a stage with a window, and a job of either kind
    stage = cluster.stage(WINDOWED).start()
    cluster.give(WINDOWED, "expensive", tags=OFF_PEAK)
    cluster.give(WINDOWED, "cheap")

    # When they are taken
    wait(stage, cluster, "expensive")
    stage.turn_until(lambda: cluster.outputs(WINDOWED) == once(["cheap"]))

    # Then one is held, as far as the stage before had brought it
    state = cluster.states()["expensive"]
    assert (state["held"], state["due_at"], state["progress"]) == ("window", None, 50)
    assert stage.script.calls["expensive"] == 0


def test_the_opening_that_is_planned_is_told(cluster: FakeCluster, calendar: Calendar) -> None:
    """As it was known when the job was held."""
    # Given a window that is closed, and opens in an hour
    next_at = cluster.broker.now_ms() + _HOUR_MS
    calendar.close(next_at=next_at)
    stage = cluster.stage(WINDOWED).start()
    stage.turn_until(lambda: stage.runner.windows.next_at(0) is not None)

    # When a job comes
    cluster.give(WINDOWED, "job", tags=OFF_PEAK)
    wait(stage, cluster, "job")

    # Then its state says when
    assert cluster.states()["job"]["due_at"] == next_at


def test_an_opening_lets_all_go_that_wait(cluster: FakeCluster, calendar: Calendar) -> None:
    """Each once, in the order in which they came to wait; what comes meanwhile does not wait."""
    # Given many jobs that wait, whose partition says why it is paused
    stage, names = cluster.stage(WINDOWED).start(), jobs(50)
    cluster.give(WINDOWED, *names, tags=OFF_PEAK)
    wait(stage, cluster, *names)
    stage.turn_until(lambda: _paused(stage) == {"window closed"})

    # When the window opens
    calendar.open()
    stage.turn_until(lambda: cluster.outputs(WINDOWED) == once(names))
    cluster.give(WINDOWED, "late", tags=OFF_PEAK)
    stage.turn_until(lambda: cluster.outputs(WINDOWED) == once([*names, "late"]))

    # Then each was called once, and nothing is paused
    assert set(stage.script.calls.values()) == {1}
    stage.turn_until(lambda: _paused(stage) == set())


def test_a_closed_window_is_no_reason_to_be_unready(cluster: FakeCluster) -> None:
    """The partition of what waits is paused, and the stage does what else there is."""
    # Given a stage in which a job waits
    stage = cluster.stage(WINDOWED).start()
    cluster.give(WINDOWED, "job", tags=OFF_PEAK)
    wait(stage, cluster, "job")

    # When its partition is paused, then it is ready, and nothing else is paused
    stage.turn_until(lambda: _paused(stage) == {"window closed"})
    assert stage.health.ready
    assert stage.flow.shown == {"p2.held[0]": ["window closed"]}


def test_a_window_closes_by_itself_when_its_time_is_over(
    cluster: FakeCluster, calendar: Calendar
) -> None:
    """Nobody has to say so: what comes then waits."""
    # Given a window that was open until a moment ago
    calendar.open(until=cluster.broker.now_ms() - 1)
    stage = cluster.stage(WINDOWED).start()

    # When a job comes
    cluster.give(WINDOWED, "job", tags=OFF_PEAK)

    # Then it is held
    wait(stage, cluster, "job")


def test_what_is_in_hand_when_the_window_closes_is_held_again(
    cluster: FakeCluster, calendar: Calendar
) -> None:
    """Only what has begun goes on: the others wait for the next opening, and are done once then."""
    # Given one worker at work, and others behind it that were let go with it
    stage = cluster.stage(WINDOWED, concurrency=1).start()
    names = jobs(5)
    stage.script.hold("job-0")
    cluster.give(WINDOWED, *names, tags=OFF_PEAK)
    wait(stage, cluster, *names)
    calendar.open()
    stage.turn_until(lambda: stage.script.calls["job-0"] == 1 and len(stage.runner.pool) == 5)

    # When it closes, and the one at work ends
    calendar.close()
    stage.turn_until(lambda: not stage.runner.windows.is_open(0))
    stage.script.release("job-0")
    stage.turn_until(lambda: cluster.outputs(WINDOWED) == once(["job-0"]))
    wait(stage, cluster, *names[1:])

    # Then the next opening does the others
    assert set(stage.script.calls) == {"job-0"}
    calendar.open()
    stage.turn_until(lambda: cluster.outputs(WINDOWED) == once(names))
    assert set(stage.script.calls.values()) == {1}


def test_a_later_try_waits_for_the_window_as_well(cluster: FakeCluster, calendar: Calendar) -> None:
    """A job that failed while it was open, and is due when it is closed, begins with the next."""
    # Given a job that was begun in an open window
    stage = cluster.stage(WINDOWED, retry_tries=2, retry_delays="0.05,0.05,0.05").start()
    calendar.open()
    stage.turn_until(lambda: stage.runner.windows.is_open(0))
    stage.script.hold("job")
    stage.script.fail("job", AWAY, times=2)
    cluster.give(WINDOWED, "job", tags=OFF_PEAK)
    stage.turn_until(lambda: stage.script.calls["job"])

    # When the window closes, and then its calls in place fail
    calendar.close()
    stage.turn_until(lambda: not stage.runner.windows.is_open(0))
    stage.script.release("job")
    wait(stage, cluster, "job")

    # Then its progress has not fallen, and the next opening does it
    assert cluster.states()["job"]["progress"] == 70
    assert cluster.states()["job"]["tries"] == 1
    calendar.open()
    stage.turn_until(lambda: cluster.outputs(WINDOWED) == once(["job"]))


def test_run_it_now_does_not_wait_for_the_window(
    cluster: FakeCluster, commands: Commander, calendar: Calendar
) -> None:
    """Somebody wants this one now; the others wait on, and the opening passes over it."""
    # Given jobs that wait
    stage = cluster.stage(WINDOWED).start()
    cluster.give(WINDOWED, "a", "b", tags=OFF_PEAK)
    wait(stage, cluster, "a", "b")

    # When one of them is released
    commands.release("a", WINDOWED)
    stage.turn_until(lambda: cluster.outputs(WINDOWED) == once(["a"]))
    assert held(cluster) == {"b"}

    # Then the opening does the other alone
    calendar.open()
    stage.turn_until(lambda: cluster.outputs(WINDOWED) == once(["a", "b"]))
    stage.turn(20)
    assert set(stage.script.calls.values()) == {1}


def _paused(stage: InProcessStage) -> set[str]:
    return {name for names in stage.flow.shown.values() for name in names}
