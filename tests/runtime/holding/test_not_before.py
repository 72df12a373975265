"""Jobs submitted for later: held until a command lets them go, begun once by it, never early."""

from support.holding.calendar import held, wait
from support.stages.commander import AWAY, Commander
from support.stages.stage_rig import FakeCluster, once

_HOUR_MS = 3_600_000


def test_a_job_with_a_time_of_its_own_is_held_until_then(cluster: FakeCluster) -> None:
    """SCHEDULED says until when and where its record lies; nothing is called, the rest goes on."""
    # Given a stage and a job that is not to begin within the hour, with another behind it
    stage, due_at = cluster.stage("p1").start(), cluster.broker.now_ms() + _HOUR_MS
    cluster.give("p1", "later", not_before=due_at, tags=["nightly"])
    cluster.give("p1", "now")

    # When both are taken
    wait(stage, cluster, "later")
    stage.turn_until(lambda: cluster.outputs("p1") == once(["now"]))

    # Then one is done and the other held, as it stands in its state
    state = cluster.states()["later"]
    assert (state["status"], state["step"], state["stage"]) == ("SCHEDULED", 0, "p1")
    assert (state["held"], state["due_at"], state["progress"]) == ("not before", due_at, 0)
    assert state["timeline"][-1]["status"] == "SCHEDULED"
    assert state["tags"] == ["nightly"]
    ((place, offset, record),) = cluster.read("p1.held")
    assert state["waits_at"] == {"topic": place[0], "partition": place[1], "offset": offset}
    assert record.key == b"later"
    assert stage.script.calls["later"] == 0


def test_a_job_whose_time_has_come_already_is_not_held(cluster: FakeCluster) -> None:
    """A time that lies behind us is no reason to wait."""
    # Given
    stage = cluster.stage("p1").start()
    cluster.give("p1", "job", not_before=cluster.broker.now_ms() - 1)

    # When
    stage.turn_until(lambda: cluster.outputs("p1") == once(["job"]))

    # Then
    assert cluster.read("p1.held") == []


def test_a_release_begins_it_once(cluster: FakeCluster, commands: Commander) -> None:
    """Given twice it has one effect; the second is told that there is nothing to let go."""
    # Given a held job
    stage = cluster.stage("p1").start()
    cluster.give("p1", "job", not_before=cluster.broker.now_ms() + _HOUR_MS)
    wait(stage, cluster, "job")

    # When it is released twice
    commands.release("job", "p1")
    again = commands.release("job", "p1")
    stage.turn_until(lambda: again in commands.results())

    # Then it is done once, with the record that was submitted
    assert cluster.outputs("p1") == once(["job"])
    assert stage.script.calls["job"] == 1
    assert commands.results() == {again: (False, "attempt 1 is not held in p1 (any more)")}
    assert cluster.statuses()["job"] == "PROCESS_1_DONE"
    assert [step["status"] for step in cluster.states()["job"]["timeline"]] == [
        "QUEUED",
        "SCHEDULED",
        "PROCESS_1_RUNNING",
        "PROCESS_1_DONE",
    ]


def test_a_release_of_another_attempt_or_stage_lets_nothing_go(
    cluster: FakeCluster, commands: Commander
) -> None:
    """A command names what it is about; whoever has seen something else is told so."""
    # Given a held job
    stage = cluster.stage("p1").start()
    cluster.give("p1", "job", not_before=cluster.broker.now_ms() + _HOUR_MS)
    wait(stage, cluster, "job")

    # When others are named
    commands.release("job", "p2")
    other = commands.release("job", "p1", attempt=2)
    stage.turn_until(lambda: other in commands.results())

    # Then it is held as before
    assert held(cluster) == {"job"}
    assert stage.script.calls["job"] == 0


def test_what_fails_after_its_release_is_tried_again_and_given_up_as_any_other(
    cluster: FakeCluster, commands: Commander
) -> None:
    """It goes by a tier, and its dead letter has the record as it was submitted."""
    # Given a held job whose calls fail
    stage = cluster.stage("p1", retry_tries=1, retry_delays="0.02,1,1").start()
    stage.script.fail("job", AWAY)
    cluster.give("p1", "job", not_before=cluster.broker.now_ms() + _HOUR_MS)
    wait(stage, cluster, "job")

    # When it is released
    commands.release("job", "p1")
    stage.turn_until(lambda: cluster.statuses()["job"] == "FAILED", cluster.statuses)

    # Then it was put off once, and the letter is of the submission
    (_, _, tried), (_, _, letter) = *cluster.read("p1.retry.1"), *cluster.read("p1.dlq")
    submitted = cluster.read("jobs.submitted")[0][2]
    assert tried.value == letter.value == submitted.value
    assert dict(letter.headers or [])["headway.topic"] == b"jobs.submitted"


def test_a_held_job_that_is_cancelled_ends_at_once(
    cluster: FakeCluster, commands: Commander
) -> None:
    """And a release that comes later has nothing to let go."""
    # Given a held job
    stage = cluster.stage("p1").start()
    cluster.give("p1", "job", not_before=cluster.broker.now_ms() + _HOUR_MS)
    wait(stage, cluster, "job")

    # When it is cancelled and then released
    commands.cancel("job")
    release = commands.release("job", "p1")
    stage.turn_until(lambda: release in commands.results())

    # Then it is cancelled, and was never begun
    assert cluster.statuses() == {"job": "CANCELLED"}
    assert "before it began" in cluster.states()["job"]["error"]["message"]
    assert stage.script.calls["job"] == 0


def test_a_second_submission_of_a_held_job_is_dropped(
    cluster: FakeCluster, commands: Commander
) -> None:
    """Held is on its way: a duplicate is one, however long it takes."""
    # Given a held job, and an instance that took it over
    first = cluster.stage("p1").start()
    cluster.give("p1", "job", not_before=cluster.broker.now_ms() + _HOUR_MS)
    wait(first, cluster, "job")
    first.kill()
    stage = cluster.stage("p1", "b").start()

    # When it is submitted again, to begin at once, and released
    cluster.give("p1", "job", "behind")
    stage.turn_until(lambda: cluster.outputs("p1") == once(["behind"]))
    commands.release("job", "p1")
    stage.turn_until(lambda: cluster.outputs("p1") == once(["behind", "job"]))

    # Then its handler was called once
    assert stage.script.calls["job"] == 1


def test_what_was_let_go_lies_no_longer_above_what_is_committed(
    cluster: FakeCluster, commands: Commander
) -> None:
    """The held topic is read up to the first that is held: what lies below may be trimmed."""
    # Given three held jobs
    stage = cluster.stage("p1").start()
    cluster.give("p1", "a", "b", "c", not_before=cluster.broker.now_ms() + _HOUR_MS)
    wait(stage, cluster, "a", "b", "c")
    offsets = [offset for _, offset, _ in cluster.read("p1.held")]

    # When the last is released, and then the first
    commands.release("c", "p1")
    stage.turn_until(lambda: cluster.outputs("p1") == once(["c"]))
    assert _committed(cluster) <= offsets[0]
    commands.release("a", "p1")
    stage.turn_until(lambda: cluster.outputs("p1") == once(["a", "c"]))

    # Then the first one left is where the group stands
    stage.turn_until(lambda: _committed(cluster) == offsets[1])
    assert held(cluster) == {"b"}


def _committed(cluster: FakeCluster) -> int:
    place = cluster.catalog["p1.held"].name, 0
    return cluster.broker.groups["p1"].committed.get(place, (0, ""))[0]
