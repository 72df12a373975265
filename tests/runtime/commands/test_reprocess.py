"""A job that is over is done again, from a stage of choice: once, as its next attempt."""

from functools import partial
from typing import Any

import pytest
from support.stages.commander import AWAY, Commander
from support.stages.stage_rig import FakeCluster, InProcessStage

_DELAYS = "0.05,0.1,0.15"


@pytest.fixture
def both(cluster: FakeCluster) -> dict[str, InProcessStage]:
    """Every stage of the pipeline."""
    return {
        stage.name: cluster.stage(stage.name, retry_delays=_DELAYS).start()
        for stage in cluster.pipeline.stages
    }


@pytest.mark.parametrize("seen", [True, False])
@pytest.mark.parametrize("start", ["p1", "p2"])
def test_a_completed_job_is_done_again_from_the_stage_asked_for(
    cluster: FakeCluster,
    commands: Commander,
    both: dict[str, InProcessStage],
    start: str,
    seen: bool,  # noqa: FBT001 - pytest passes by name
) -> None:
    """By the last stage, which ended it: whether it is told where the end lies, or looks for it."""
    # Given a job that both stages have done
    cluster.give("p1", "other", "job")
    _until(both, cluster, "COMPLETED", 1)
    before = cluster.states()["job"]

    # When it is to be done again
    where = {"state_offset": _end_of(cluster, "job")} if seen else {}
    command = commands.reprocess("job", 1, "p2", start, **where)
    _until(both, cluster, "COMPLETED", 2)

    # Then the stages from there on have called their handlers again, and no other has
    calls = {name: stage.script.calls["job"] for name, stage in both.items()}
    assert calls == {"p1": 2 if start == "p1" else 1, "p2": 2}
    assert commands.results() == {command: (True, "attempt 2 is open")}
    # And the job is what it was, with all that became of it in its timeline
    state = cluster.states()["job"]
    same = ("title", "submitted_at", "submitted_offset", "order_key", "tags")
    assert [state[name] for name in same] == [before[name] for name in same]
    assert state["timeline"][: len(before["timeline"])] == before["timeline"]
    details = [step["detail"] for step in state["timeline"] if step["detail"]]
    assert details == [f"Done again from {start} by a test."]
    assert state["sources"][:1] == before["sources"][:1]


def test_a_job_that_failed_is_done_again_from_the_beginning(
    cluster: FakeCluster, commands: Commander, both: dict[str, InProcessStage]
) -> None:
    """Where a retry would run the stage alone that gave it up."""
    # Given a job that the second stage has given up
    both["p2"].script.fail("job", AWAY)
    cluster.give("p1", "job")
    _until(both, cluster, "FAILED", 1)

    # When it is mended, and to be done again from the first
    both["p2"].script.mend("job")
    commands.reprocess("job", 1, "p2", "p1")
    _until(both, cluster, "COMPLETED", 2)

    # Then both stages did it again
    assert both["p1"].script.calls["job"] == 2


def test_a_job_that_was_cancelled_is_done_again(
    cluster: FakeCluster, commands: Commander, both: dict[str, InProcessStage]
) -> None:
    """An end is an end."""
    # Given a job that was cancelled before the first stage took it
    commands.cancel("job")
    _turn(both, lambda: _read_commands(cluster, "p1", 1))
    cluster.give("p1", "job")
    _until(both, cluster, "CANCELLED", 1)

    # When it is to be done again, then it is
    commands.reprocess("job", 1, "p1", "p1")
    _until(both, cluster, "COMPLETED", 2)


def test_of_contradicting_commands_the_first_counts(
    cluster: FakeCluster, commands: Commander, both: dict[str, InProcessStage]
) -> None:
    """A retry and two wishes to do it again open one attempt; each is told so."""
    # Given a job that the second stage has given up
    both["p2"].script.fail("job", AWAY)
    cluster.give("p1", "job")
    _until(both, cluster, "FAILED", 1)
    both["p2"].script.mend("job")

    # When it is to be done again from either stage, and sent back
    commands.reprocess("job", 1, "p2", "p1")
    commands.retry("job", 1, "p2")
    commands.reprocess("job", 1, "p2", "p2")
    _until(both, cluster, "COMPLETED", 2)
    _turn(both, lambda: commands.result_count() == 3)

    # Then the first was done and the others found it open
    reasons = [reason for _, reason in commands.results().values()]
    assert reasons == ["attempt 2 is open", *["attempt 2 is open already"] * 2]
    assert len(cluster.read("p1.retry.1")) == 1
    assert cluster.read("p2.retry.1") == []


def test_an_heir_knows_that_the_job_is_done_again_elsewhere(
    cluster: FakeCluster, commands: Commander, both: dict[str, InProcessStage]
) -> None:
    """The end that the writer has seen lies there still, but it is not the newest any more."""
    # Given a job that is being done again by the first stage, which does not get on
    cluster.give("p1", "job")
    _until(both, cluster, "COMPLETED", 1)
    end = _end_of(cluster, "job")
    commands.reprocess("job", 1, "p2", "p1", state_offset=end)
    _turn({"p2": both["p2"]}, lambda: commands.result_count() == 1)

    # When the same is asked of an heir of the last stage
    both["p2"].kill()
    heir = cluster.stage("p2", "heir", retry_delays=_DELAYS).start()
    again = commands.reprocess("job", 1, "p2", "p1", state_offset=end)
    _turn({"p2": heir}, lambda: commands.result_count() == 2)

    # Then it opens nothing
    assert commands.results()[again] == (True, "attempt 2 is open already")
    assert len(cluster.read("p1.retry.1")) == 1


def test_what_is_done_again_can_be_cancelled_where_it_waits(
    cluster: FakeCluster, commands: Commander, both: dict[str, InProcessStage]
) -> None:
    """It lies in the tier of a stage that did not put it there."""
    # Given a job that is to be done again by a first stage that stands still
    cluster.give("p1", "job")
    _until(both, cluster, "COMPLETED", 1)
    commands.reprocess("job", 1, "p2", "p1")
    _turn({"p2": both["p2"]}, lambda: commands.result_count() == 1)

    # When it is cancelled
    commands.cancel("job", 2)
    _until(both, cluster, "CANCELLED", 2)

    # Then nobody did it again
    assert {name: stage.script.calls["job"] for name, stage in both.items()} == {"p1": 1, "p2": 1}


@pytest.mark.parametrize("case", ["unknown", "running", "older", "elsewhere", "later", "trimmed"])
def test_what_cannot_be_done_again_is_refused_with_the_reason(
    cluster: FakeCluster, commands: Commander, both: dict[str, InProcessStage], case: str
) -> None:
    """Not known, not over, not the newest, not of this stage, never begun there, not kept."""
    # Given a job that is done, is at work, or failed at first
    if case == "running":
        both["p1"].script.hold("job")
    cluster.give("p1", "job")
    if case == "running":
        _turn({"p1": both["p1"]}, lambda: "job" in cluster.statuses())
    elif case in {"later", "elsewhere"}:
        both["p1"].script.fail("job", AWAY)
        _until(both, cluster, "FAILED", 1)
    else:
        _until(both, cluster, "COMPLETED", 1)
    if case == "trimmed":
        cluster.broker.log(("jobs.submitted", 0)).forget_below(1)
    if case == "older":
        commands.reprocess("job", 1, "p2", "p2")
        _until(both, cluster, "COMPLETED", 2)
        commands.reprocess("job", 2, "p2", "p2")
        _until(both, cluster, "COMPLETED", 3)

    # When it is to be done again, then the reason is told
    told: dict[str, tuple[tuple[Any, ...], str]] = {
        "unknown": (("nobody", 1, "p2", "p1"), "no such job is known"),
        "running": (("job", 1, "p2", "p1"), "attempt 1 is not over: it is PROCESS_1_"),
        "older": (("job", 1, "p2", "p1"), "attempt 1 is not the newest, 3 is: name that one"),
        "elsewhere": (("job", 1, "p2", "p1"), "attempt 1 was ended by p1: name that stage"),
        "later": (("job", 1, "p1", "p2"), "it cannot begin in 'p2', but in: p1"),
        "trimmed": (("job", 1, "p2", "p1"), "its record for p1 is not kept any more"),
    }
    asked, reason = told[case]
    command = commands.reprocess(*asked)
    _turn({"asked": both[asked[2]]}, lambda: command in commands.results())
    accepted, why = commands.results()[command]
    both["p1"].script.release()
    assert not accepted
    assert why.startswith(reason)


def test_how_often_a_job_is_done_again_has_no_bound_of_redrives(
    cluster: FakeCluster, commands: Commander
) -> None:
    """It may be done anew each night; a bound is for what fails and is sent back at once."""
    # Given stages that send nothing back
    settings: dict[str, Any] = {"retry_delays": _DELAYS, "max_redrives": 0}
    both = {name: cluster.stage(name, **settings).start() for name in ("p1", "p2")}
    cluster.give("p1", "job")
    _until(both, cluster, "COMPLETED", 1)

    # When the job is to be done again, and again, then it is
    for attempt in (1, 2):
        commands.reprocess("job", attempt, "p2", "p2")
        _until(both, cluster, "COMPLETED", attempt + 1)


def _until(
    stages: dict[str, InProcessStage], cluster: FakeCluster, status: str, attempt: int
) -> None:
    def reached() -> bool:
        state = cluster.states().get("job", {"status": "", "attempt": 0})
        return (state["status"], state["attempt"]) == (status, attempt)

    _turn(stages, reached, partial(cluster.statuses))


def _turn(stages: dict[str, InProcessStage], condition: Any, told: Any = lambda: "") -> None:
    first, *others = stages.values()

    def turned() -> bool:
        for stage in others:
            stage.turn()
        return bool(condition())

    first.turn_until(turned, told)


def _end_of(cluster: FakeCluster, job_id: str) -> int:
    """The offset of a job's newest state."""
    return max(o for _, o, r in cluster.read("job-state") if r.key == job_id.encode())


def _read_commands(cluster: FakeCluster, stage: str, offset: int) -> bool:
    committed = cluster.broker.groups[stage].committed.get(("job-commands", 0), (0, ""))
    return committed[0] == offset
