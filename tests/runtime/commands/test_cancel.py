"""A job is cancelled: before it is taken, while it waits or runs, and never after its end."""

from support.stages.commander import AWAY, Commander, done_of
from support.stages.stage_rig import FakeCluster, once


def test_a_job_cancelled_before_it_is_taken_is_never_handled(
    cluster: FakeCluster, name: str, commands: Commander
) -> None:
    """However long it would have waited in its topic."""
    # Given a cancel that came before its job
    stage = cluster.stage(name).start()
    commands.cancel("job")
    stage.turn_until(lambda: _commands_done(cluster, name) == 1)

    # When the job comes, with another behind it
    cluster.give(name, "job", "other")
    stage.turn_until(lambda: cluster.outputs(name) == once(["other"]), cluster.statuses)

    # Then it is cancelled, and its handler heard nothing of it
    stage.turn_until(lambda: cluster.statuses().get("job") == "CANCELLED", cluster.statuses)
    state = cluster.states()["job"]
    assert (state["terminal"], state["step"], state["error"]["error_class"]) == (
        True,
        1,
        "Cancelled",
    )
    assert "before" in state["error"]["message"]
    assert stage.script.calls["job"] == 0
    assert cluster.read(f"{name}.dlq") == []


def test_a_running_handler_sees_it_at_its_next_report(
    cluster: FakeCluster, name: str, commands: Commander
) -> None:
    """And its slot is free."""
    # Given a job whose handler reports again and again
    stage = cluster.stage(name, concurrency=1).start()
    stage.script.report_until_ended("job")
    cluster.give(name, "job", "next")
    stage.turn_until(lambda: stage.script.calls["job"] == 1)

    # When it is cancelled, then it ends, and the next one has its place
    commands.cancel("job")
    stage.turn_until(lambda: cluster.outputs(name) == once(["next"]), cluster.statuses)
    assert cluster.statuses()["job"] == "CANCELLED"
    assert "while" in cluster.states()["job"]["error"]["message"]


def test_what_a_handler_returns_after_the_cancel_is_not_told(
    cluster: FakeCluster, name: str, commands: Commander
) -> None:
    """One that never reports is heard of when it returns."""
    # Given a handler that does not look up
    stage = cluster.stage(name).start()
    stage.script.hold("job")
    cluster.give(name, "job")
    stage.turn_until(lambda: stage.script.calls["job"] == 1)

    # When its job is cancelled and it returns all the same
    commands.cancel("job")
    stage.turn(5)
    stage.script.release("job")

    # Then there is no output, and the job stays cancelled
    stage.turn_until(lambda: cluster.statuses().get("job") == "CANCELLED", cluster.statuses)
    stage.turn_until(lambda: _commands_done(cluster, name) == 1)
    assert cluster.outputs(name) == once([])


def test_a_job_that_waits_to_be_tried_again_is_cancelled_at_once(
    cluster: FakeCluster, name: str, commands: Commander
) -> None:
    """And what waits of it is passed over when it is due."""
    # Given a job that is due in a second
    stage = cluster.stage(name, retry_tries=3, retry_delays="0.7,60,60").start()
    stage.script.fail("job", AWAY)
    cluster.give(name, "job")
    stage.turn_until(lambda: cluster.statuses().get("job") == "RETRY_SCHEDULED")
    waiting, calls = cluster.states()["job"], stage.script.calls["job"]

    # When it is cancelled, then it is so before it is due
    commands.cancel("job")
    stage.turn_until(lambda: cluster.statuses()["job"] == "CANCELLED", cluster.statuses)
    assert cluster.states()["job"]["updated_at"] < waiting["due_at"]

    # And when its time has come, nothing more is said of it
    behind = waiting["waits_at"]["offset"] + 1
    stage.turn_until(lambda: _committed(cluster, name, f"{name}.retry.1") == behind)
    assert (cluster.statuses()["job"], stage.script.calls["job"]) == ("CANCELLED", calls)
    assert len([r for _, _, r in cluster.read("job-state") if _is_cancelled(cluster, r.value)]) == 1


def test_what_was_reported_before_a_cancel_is_kept(
    cluster: FakeCluster, name: str, commands: Commander
) -> None:
    """Who watched a job must not see its percent fall when it is cancelled where it waits."""
    # Given a job that reported half of its work, failed, and waits
    stage = cluster.stage(name, retry_tries=3, retry_delays="60,60,60").start()
    stage.script.fraction = 0.5
    stage.script.fail("job", AWAY)
    cluster.give(name, "job")
    stage.turn_until(lambda: cluster.statuses().get("job") == "RETRY_SCHEDULED")
    waiting = cluster.states()["job"]
    assert waiting["progress"] > cluster.pipeline.stage(name).running.progress

    # When it is cancelled, then it ends with what it had
    commands.cancel("job")
    stage.turn_until(lambda: cluster.statuses()["job"] == "CANCELLED", cluster.statuses)
    assert cluster.states()["job"]["progress"] == waiting["progress"]


def test_an_heir_knows_what_is_to_be_cancelled(
    cluster: FakeCluster, name: str, commands: Commander
) -> None:
    """The command was read and committed by another, long before its job comes."""
    # Given a cancel that an instance has read, which then was killed
    first = cluster.stage(name, "first").start()
    commands.cancel("job")
    first.turn_until(lambda: _commands_done(cluster, name) == 1)
    first.kill()

    # When its heir is given the job, then it is cancelled
    second = cluster.stage(name, "second").start()
    cluster.give(name, "job", "other")
    second.turn_until(lambda: cluster.outputs(name) == once(["other"]), cluster.statuses)
    second.turn_until(lambda: cluster.statuses().get("job") == "CANCELLED", cluster.statuses)
    assert second.script.calls["job"] == 0


def test_an_heir_cancels_what_waits_since_before_it(
    cluster: FakeCluster, name: str, commands: Commander
) -> None:
    """Where a record waits is in the state that says so."""
    # Given a job that waits at an instance that was killed
    first = cluster.stage(name, "first", retry_tries=3, retry_delays="60,60,60").start()
    first.script.fail("job", AWAY)
    cluster.give(name, "job")
    first.turn_until(lambda: cluster.statuses().get("job") == "RETRY_SCHEDULED")
    first.kill()

    # When it is cancelled, then its heir does it
    second = cluster.stage(name, "second").start()
    commands.cancel("job")
    second.turn_until(lambda: cluster.statuses()["job"] == "CANCELLED", cluster.statuses)


def test_a_cancel_after_the_end_changes_nothing(
    cluster: FakeCluster, name: str, commands: Commander
) -> None:
    """An end is final."""
    # Given a job that this stage is done with
    stage = cluster.stage(name).start()
    cluster.give(name, "job")
    stage.turn_until(lambda: cluster.statuses().get("job") == done_of(cluster, name))

    # When it is cancelled, then it stays what it is
    commands.cancel("job")
    stage.turn_until(lambda: _commands_done(cluster, name) == 1)
    stage.turn(5)
    assert cluster.statuses()["job"] == done_of(cluster, name)


def test_a_cancel_of_another_attempt_changes_nothing(
    cluster: FakeCluster, name: str, commands: Commander
) -> None:
    """Who looks at an old page ends nothing new."""
    # Given a cancel of an attempt that is not the one to come
    stage = cluster.stage(name).start()
    commands.cancel("job", attempt=2)
    stage.turn_until(lambda: _commands_done(cluster, name) == 1)

    # When the job comes, then it is done
    cluster.give(name, "job")
    stage.turn_until(lambda: cluster.outputs(name) == once(["job"]), cluster.statuses)


def _committed(cluster: FakeCluster, stage: str, topic: str) -> int:
    return cluster.broker.groups[stage].committed.get((topic, 0), (0, ""))[0]


def _commands_done(cluster: FakeCluster, stage: str) -> int:
    return _committed(cluster, stage, "job-commands")


def _is_cancelled(cluster: FakeCluster, value: bytes | None) -> bool:
    return bool(cluster.codec.decode(value, "job-state")["status"] == "CANCELLED")
