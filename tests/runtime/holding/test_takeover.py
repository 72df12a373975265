"""Held jobs whose stage is killed: none is lost, none is done twice, and none begins early."""

from support.holding.calendar import OFF_PEAK, WINDOWED, Calendar, held, wait
from support.stages.commander import Commander
from support.stages.stage_rig import FakeCluster, jobs, once

_HOUR_MS = 3_600_000


def test_an_heir_knows_what_is_held(cluster: FakeCluster, commands: Commander) -> None:
    """By the states alone: it is let go there as if nothing had happened."""
    # Given jobs held by an instance that was killed
    first = cluster.stage("p1").start()
    cluster.give("p1", "a", "b", not_before=cluster.broker.now_ms() + _HOUR_MS)
    wait(first, cluster, "a", "b")
    first.kill()

    # When its heir is told to let one go
    heir = cluster.stage("p1", "b").start()
    commands.release("b", "p1")
    heir.turn_until(lambda: cluster.outputs("p1") == once(["b"]), cluster.statuses)

    # Then the other is held as before
    assert held(cluster) == {"a"}
    assert first.script.calls == {}


def test_a_release_that_was_at_work_is_done_once_by_the_heir(
    cluster: FakeCluster, commands: Commander
) -> None:
    """It told that it runs, and where its record lies: by that the heir finds it again."""
    # Given a job that was let go and is at work, as its state tells
    first = cluster.stage("p1").start()
    first.script.hold("job")
    cluster.give("p1", "job", not_before=cluster.broker.now_ms() + _HOUR_MS)
    wait(first, cluster, "job")
    commands.release("job", "p1")
    first.turn_until(lambda: cluster.statuses()["job"] == "PROCESS_1_RUNNING")

    # When its instance is killed, and the heir as well
    first.kill()
    second = cluster.stage("p1", "b").start()
    second.script.hold("job")
    second.turn_until(lambda: _told(cluster).count("PROCESS_1_RUNNING") == 2)
    second.kill()
    third = cluster.stage("p1", "c").start()
    third.turn_until(lambda: cluster.outputs("p1") == once(["job"]), cluster.statuses)

    # Then it was told in between that it waits, and is done once
    assert _told(cluster) == [
        "SCHEDULED",
        "PROCESS_1_RUNNING",
        "RETRY_SCHEDULED",
        "PROCESS_1_RUNNING",
        "RETRY_SCHEDULED",
        "PROCESS_1_DONE",
    ]
    assert third.script.calls["job"] == 1


def test_what_an_open_window_had_at_work_is_done_once_by_the_heir(
    cluster: FakeCluster, calendar: Calendar
) -> None:
    """The record that waits is its delivery, whoever has it."""
    # Given jobs that an open window let go, one of them at work
    first, names = cluster.stage(WINDOWED, concurrency=1).start(), jobs(20)
    first.script.hold("job-7")
    cluster.give(WINDOWED, *names, tags=OFF_PEAK)
    wait(first, cluster, *names)
    calendar.open()
    first.turn_until(lambda: cluster.statuses()["job-7"] == "PROCESS_2_RUNNING")

    # When it is killed, then the heir does what is left
    first.kill()
    heir = cluster.stage(WINDOWED, "b").start()
    heir.turn_until(lambda: cluster.outputs(WINDOWED) == once(names), cluster.statuses)
    assert heir.script.calls["job-7"] == 1
    assert not held(cluster)


def test_what_was_at_work_when_the_window_closed_waits_with_the_heir(
    cluster: FakeCluster, calendar: Calendar
) -> None:
    """It does not stay RUNNING where nobody runs it, and does not begin outside of the window."""
    # Given a job at work, whose instance is killed before the window closes
    first = cluster.stage(WINDOWED).start()
    first.script.hold("job")
    cluster.give(WINDOWED, "job", tags=OFF_PEAK)
    wait(first, cluster, "job")
    calendar.open()
    first.turn_until(lambda: cluster.statuses()["job"] == "PROCESS_2_RUNNING")
    first.kill()
    calendar.close()

    # When the heir takes it over, then it is held, and done in the next window
    heir = cluster.stage(WINDOWED, "b").start()
    wait(heir, cluster, "job")
    assert heir.script.calls["job"] == 0
    calendar.open()
    heir.turn_until(lambda: cluster.outputs(WINDOWED) == once(["job"]), cluster.statuses)


def test_an_heir_passes_over_what_was_let_go_before(
    cluster: FakeCluster, commands: Commander, calendar: Calendar
) -> None:
    """Records above what is committed are read again; only those that are held still count."""
    # Given three jobs that wait, of which the last is done by command and the second cancelled
    first = cluster.stage(WINDOWED).start()
    cluster.give(WINDOWED, "a", "b", "c", tags=OFF_PEAK)
    wait(first, cluster, "a", "b", "c")
    commands.release("c", WINDOWED)
    commands.cancel("b")
    first.turn_until(
        lambda: cluster.outputs(WINDOWED) == once(["c"]) and held(cluster) == {"a"},
        cluster.statuses,
    )
    first.kill()

    # When the window opens for the heir
    calendar.open()
    heir = cluster.stage(WINDOWED, "b").start()
    heir.turn_until(lambda: cluster.outputs(WINDOWED) == once(["a", "c"]), cluster.statuses)
    heir.turn(20)

    # Then it has called one handler
    assert heir.script.calls == {"a": 1}
    assert cluster.statuses()["b"] == "CANCELLED"


def _told(cluster: FakeCluster) -> list[str]:
    """The statuses of all states that were told, in order."""
    values = [record.value for _, _, record in cluster.read("job-state")]
    return [cluster.codec.decode(value, "job-state")["status"] for value in values]
