"""What was asked of a job, and what became of that, as the job tells it."""

from typing import Any

import pytest
from support.status.rig import ASKED_MS, Rig
from support.status.topics import Log
from support.status.web import Web


def test_a_command_is_told_with_its_job_as_soon_as_it_is_read(rig: Rig, log: Log, web: Web) -> None:
    """Long before a stage has heard it."""
    # Given a job at work
    log.state("a", "PROCESS_1_RUNNING")
    rig.apply()

    # When somebody wants it cancelled
    log.command("a", "cancel")
    change = rig.apply()

    # Then the job says so, in full and in the list, and its watchers are told
    asked = {"command_id": "cancel a", "kind": "cancel", "attempt": 1, "by": "ann"}
    assert web.json("/jobs/a")["command"] == {**asked, "state": "requested", "reason": None}
    assert web.json("/jobs")["jobs"][0]["command"]["state"] == "requested"
    assert change.job_ids == ("a",)


@pytest.mark.parametrize(
    ("status", "fields", "state"),
    [
        ("PROCESS_1_DONE", {}, "requested"),
        ("RETRY_SCHEDULED", {}, "requested"),
        ("CANCELLED", {}, "accepted"),
        ("COMPLETED", {}, "late"),
        ("FAILED", {}, "late"),
        ("PROCESS_1_RUNNING", {"attempt": 2}, "late"),
        ("CANCELLED", {"attempt": 2}, "late"),
    ],
)
def test_a_cancel_is_answered_by_the_job_itself(
    rig: Rig, log: Log, web: Web, status: str, fields: dict[str, Any], state: str
) -> None:
    """No stage writes what became of it but in the job's state."""
    # Given a job that somebody wants cancelled in its first attempt
    log.submission("a")
    log.command("a", "cancel")

    # When its next state is read
    log.state("a", status, **fields)
    rig.apply()

    # Then it says whether that came in time
    command = web.json("/jobs/a")["command"]
    assert command["state"] == state
    assert bool(command["reason"]) == (state == "late")


def test_a_cancel_of_an_attempt_to_come_waits_for_it(rig: Rig, log: Log, web: Web) -> None:
    """Topics have no order among them: the attempt may have begun already."""
    # Given a job that failed, and a cancel of its second attempt
    log.state("a", "FAILED")
    log.command("a", "cancel", attempt=2)

    # When both are read
    rig.apply()

    # Then the cancel is still on its way
    assert web.json("/jobs/a")["command"]["state"] == "requested"


@pytest.mark.parametrize("accepted", [True, False])
def test_a_retry_is_answered_by_its_stage(rig: Rig, log: Log, web: Web, *, accepted: bool) -> None:
    """A refusal tells its reason."""
    # Given a job that failed, and a retry
    log.state("a", "FAILED")
    log.command("a", "retry", stage="p1")
    rig.apply()
    before = web.json("/jobs/a")["command"]

    # When the stage answers
    log.result("a", "retry a", accepted=accepted, reason="" if accepted else "Redriven 5 times.")
    change = rig.apply()

    # Then the job tells it, and its watchers are told
    command = web.json("/jobs/a")["command"]
    assert (before["state"], before["reason"]) == ("requested", None)
    told = ("accepted", None) if accepted else ("refused", "Redriven 5 times.")
    assert (command["state"], command["reason"]) == told
    assert change.job_ids == ("a",)


def test_an_answer_that_is_read_before_its_command_counts_with_it(
    rig: Rig, log: Log, web: Web
) -> None:
    """Also if another command was answered meanwhile, by another stage."""
    # Given a job that failed, and answers to two commands nobody here has read yet
    log.state("a", "FAILED")
    log.result("a", "second", accepted=False, reason="no")
    log.result("a", "first", accepted=True)
    rig.apply()
    before = web.json("/jobs/a")["command"]

    # When the commands are read
    log.command("a", "retry", command_id="first")
    log.command("a", "retry", command_id="second")
    rig.apply()

    # Then the newer one counts, with its own answer
    command = web.json("/jobs/a")["command"]
    assert before is None
    assert (command["command_id"], command["state"]) == ("second", "refused")


def test_a_command_for_an_unknown_job_makes_no_job_and_counts_when_it_comes(
    rig: Rig, log: Log, web: Web
) -> None:
    """A cancel may be read before the submission it is for."""
    # Given a cancel of a job nobody has heard of
    log.command("a", "cancel")
    rig.apply()
    unknown = web.get("/jobs/a").status_code

    # When the job is submitted
    log.submission("a")
    rig.apply()

    # Then the cancel is told with it, and there was no job before
    assert unknown == 404
    assert web.json("/jobs/a")["command"]["state"] == "requested"


def test_a_command_is_told_for_as_long_as_kafka_keeps_it(rig: Rig, log: Log, web: Web) -> None:
    """So a replica that is made anew tells the same."""
    # Given a job and a command of a week ago, all but a second
    log.submission("a")
    log.command("a", "cancel")
    rig.apply()
    rig.clock.wall_ms = log.now_ms + ASKED_MS - 1000
    before = web.json("/jobs/a")["command"]

    # When two seconds have passed
    rig.clock.advance(2)

    # Then it is told no more; a week after it, another command drops it from the file
    assert before["state"] == "requested"
    assert web.json("/jobs/a")["command"] is None
    log.now_ms += ASKED_MS
    log.command("b", "cancel")
    rig.apply()
    assert rig.job("a").asked is None


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "explode"},
        {"command_id": ""},
        {"command_id": "x" * 129},
        {"attempt": 0},
        {"job_id": "b"},
    ],
)
def test_a_command_that_is_none_is_left_out(
    rig: Rig, log: Log, web: Web, fields: dict[str, Any]
) -> None:
    """Any producer may write the topic."""
    # Given a job, and a good command for it
    log.submission("a")
    log.command("a", "cancel")

    # When a bad one follows, and one that is no record
    job_id, kind = fields.pop("job_id", "a"), fields.pop("kind", "retry")
    log.append("job-commands", "a", log.records.command(job_id, kind, **fields))
    log.append("job-commands", "a", b"garbage")
    log.append("command-results", "a", b"garbage")
    rig.apply()

    # Then the good one counts
    assert web.json("/jobs/a")["command"]["command_id"] == "cancel a"
