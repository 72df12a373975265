"""A dead letter is sent back: the next attempt, once, with all that was before in its timeline."""

from collections.abc import Callable
from functools import partial

import pytest
from support.stages.commander import Commander, done_of
from support.stages.stage_rig import FakeCluster, InProcessStage, once

Failing = Callable[..., InProcessStage]


def test_a_failed_job_is_tried_again_as_its_next_attempt(
    cluster: FakeCluster, name: str, commands: Commander, failing: Failing
) -> None:
    """Its record is the one that failed; the timeline tells of both attempts."""
    # Given a job that failed, and what it failed of mended
    stage = failing(name)
    stage.script.mend("job")

    # When somebody sends it back
    command = commands.retry("job", 1, name)
    stage.turn_until(lambda: cluster.outputs(name) == once(["job"]), cluster.statuses)

    # Then it is done, as attempt 2, and the command was accepted
    state = cluster.states()["job"]
    assert (state["attempt"], state["status"]) == (2, done_of(cluster, name))
    assert commands.results() == {command: (True, "attempt 2 is open")}
    told = [(step["status"], step["attempt"]) for step in state["timeline"]]
    assert ("FAILED", 1) in told
    assert ("RETRY_SCHEDULED", 2) in told
    details = [step["detail"] for step in state["timeline"] if step["detail"]]
    assert details == ["StoreUnavailable: the store is away", "Sent back by a test."]


def test_equal_commands_are_one(
    cluster: FakeCluster, name: str, commands: Commander, failing: Failing
) -> None:
    """Two clicks, two people, a producer that repeats itself: one attempt."""
    # Given a job that failed and is mended
    stage = failing(name)
    stage.script.mend("job")

    # When it is sent back several times, before and after it is done
    given = [commands.retry("job", 1, name) for _ in range(3)]
    stage.turn_until(lambda: cluster.outputs(name) == once(["job"]), cluster.statuses)
    given.append(commands.retry("job", 1, name))
    stage.turn_until(lambda: commands.result_count() == 4)

    # Then there was one attempt, and every command says that it is open
    assert {accepted for accepted, _ in commands.results().values()} == {True}
    assert cluster.states()["job"]["attempt"] == 2
    assert len(cluster.read(f"{name}.retry.1")) == 1
    assert commands.results().keys() == set(given)


def test_a_command_for_an_older_attempt_is_refused_with_the_reason(
    cluster: FakeCluster, name: str, commands: Commander, failing: Failing
) -> None:
    """Whoever looks at an old page is told what is newer."""
    # Given a job that has failed in three attempts
    stage = failing(name)
    for attempt in (1, 2):
        commands.retry("job", attempt, name)
        stage.turn_until(partial(failed, cluster, attempt + 1))

    # When somebody sends its first attempt back
    late = commands.retry("job", 1, name)
    stage.turn_until(lambda: late in commands.results())

    # Then it is refused, and nothing was opened
    assert commands.results()[late] == (
        False,
        "attempt 1 is not the newest, 3 is: name that one",
    )
    assert cluster.states()["job"]["attempt"] == 3


@pytest.mark.parametrize("state", ["unknown", "done", "waits"])
def test_what_has_not_failed_is_not_sent_back(
    cluster: FakeCluster, name: str, commands: Commander, state: str
) -> None:
    """The reason can be seen."""
    # Given a job that is unknown, done, or waits to be tried again
    stage = cluster.stage(name, retry_tries=3, retry_delays="60,60,60").start()
    if state == "waits":
        stage.script.fail("job", OSError("away"))
    if state != "unknown":
        cluster.give(name, "job")
        stage.turn_until(lambda: "job" in cluster.statuses())
        stage.turn_until(lambda: not stage.runner.pool.running())
        expected = "RETRY_SCHEDULED" if state == "waits" else done_of(cluster, name)
        stage.turn_until(lambda: cluster.statuses()["job"] == expected, cluster.statuses)

    # When somebody sends it back, then the command is refused
    command = commands.retry("job", 1, name)
    stage.turn_until(lambda: command in commands.results())
    assert commands.results()[command] == (False, f"attempt 1 has not failed in {name}")


def test_another_stages_command_is_left_to_it(
    cluster: FakeCluster, commands: Commander, failing: Failing
) -> None:
    """p1 is never run again for a failure of p2."""
    # Given a job that failed in p1
    stage = failing("p1")
    calls = stage.script.calls["job"]

    # When a command names p2, then p1 has nothing to say
    commands.retry("job", 1, "p2")
    stage.turn_until(lambda: _read_all(cluster, "p1"))
    assert (commands.results(), stage.script.calls["job"]) == ({}, calls)


def test_a_job_is_not_sent_back_for_ever(
    cluster: FakeCluster, name: str, commands: Commander, failing: Failing
) -> None:
    """A loop of a script that sends back whatever fails ends by itself."""
    # Given a stage that allows two
    stage = failing(name, max_redrives=2)
    for attempt in (1, 2):
        commands.retry("job", attempt, name)
        stage.turn_until(partial(failed, cluster, attempt + 1))

    # When a third is asked for, then it is refused
    command = commands.retry("job", 3, name)
    stage.turn_until(lambda: command in commands.results())
    accepted, reason = commands.results()[command]
    assert not accepted
    assert "sent back 2 times already" in reason


def test_an_heir_sends_back_what_failed_before_it(
    cluster: FakeCluster, name: str, commands: Commander, failing: Failing
) -> None:
    """Which jobs failed is in the state topic, and so in the index."""
    # Given a job that failed at an instance that was killed
    first = failing(name, instance="first")
    first.kill()

    # When its heir is told to send it back, twice
    second = cluster.stage(name, "second", retry_delays="0.05,0.1,0.15").start()
    for _ in range(2):
        commands.retry("job", 1, name)

    # Then it does, once
    second.turn_until(lambda: cluster.outputs(name) == once(["job"]), cluster.statuses)
    second.turn_until(lambda: commands.result_count() == 2)
    assert cluster.states()["job"]["attempt"] == 2


def test_a_command_that_is_none_stops_nothing(
    cluster: FakeCluster, name: str, commands: Commander, failing: Failing
) -> None:
    """Bad input costs itself."""
    # Given garbage, a tombstone, another job's key, a kind nobody knows
    stage = failing(name)
    stage.script.mend("job")
    for key, value in ((b"job", b"garbage"), (b"job", None), (None, b"")):
        cluster.write("job-commands", key, value)
    commands.cancel("job", kind="dance")

    # When a good one comes behind them, then it is done
    commands.retry("job", 1, name)
    stage.turn_until(lambda: cluster.outputs(name) == once(["job"]), cluster.statuses)


def failed(cluster: FakeCluster, attempt: int) -> bool:
    """Whether the job has failed in *attempt*."""
    state = cluster.states()["job"]
    return (state["status"], state["attempt"]) == ("FAILED", attempt)


def _read_all(cluster: FakeCluster, stage: str) -> bool:
    committed = cluster.broker.groups[stage].committed.get(("job-commands", 0), (0, ""))
    return committed[0] == 1
