"""Attempts at a job, from the topics to what is answered."""

import pytest
from support.golden import examples
from support.status.rig import Rig
from support.status.topics import Log
from support.status.web import Web


@pytest.fixture
def over(rig: Rig, log: Log) -> Log:
    """A job whose first attempt is over, and is known to be."""
    log.submission("a", title="sales.csv")
    log.state("a", "COMPLETED", title="sales.csv")
    rig.apply()
    return log


def test_running_of_the_second_attempt_replaces_completed_of_the_first(
    rig: Rig, over: Log, web: Web
) -> None:
    """And what comes late of the first one changes nothing any more."""
    # Given the second attempt at a job, at work
    over.state("a", "PROCESS_1_RUNNING", attempt=2)
    rig.apply()
    # When old news comes of the first
    over.state("a", "COMPLETED")
    over.report("a", 44)
    rig.apply()
    # Then the job is shown at work, wherever it is named
    status, job, (listed,) = (
        web.json("/jobs/a/status"),
        web.json("/jobs/a"),
        web.json("/jobs")["jobs"],
    )
    for told in (status, job, listed):
        assert (told["status"], told["progress"], told["attempt"]) == ("PROCESS_1_RUNNING", 30, 2)
    assert (job["terminal"], listed["terminal"]) == (False, False)
    assert web.json("/jobs")["counts"] == {"PROCESS_1_RUNNING": 1}


def test_a_submission_of_a_second_attempt_is_queued_and_its_repetition_nothing(
    rig: Rig, over: Log, web: Web
) -> None:
    """The submitted record is the QUEUED state; it has a title and a time of its own."""
    # Given a job that is submitted again, with an attempt and without
    over.submission("a", title="mended.csv", attempt=2)
    over.submission("a", title="too late.csv", attempt=2)
    over.submission("a", title="too late.csv")
    # When that is read
    rig.apply()
    # Then the job is queued, in its second attempt
    job = web.json("/jobs/a")
    assert (job["status"], job["attempt"], job["title"]) == ("QUEUED", 2, "mended.csv")
    assert [(step["status"], step["attempt"]) for step in job["timeline"]] == [("QUEUED", 2)]


def test_a_terminal_state_is_final_whatever_its_attempt_says_later(
    rig: Rig, over: Log, web: Web
) -> None:
    """A failure in the first stage is above all that the second one might say."""
    # Given a job that failed in its second attempt, in the first stage
    over.state("a", "FAILED", attempt=2)
    rig.apply()
    # When something of that attempt comes later
    over.state("a", "PROCESS_2_RUNNING", attempt=2)
    over.report("a", 80, attempt=2, stage_index=2)
    rig.apply()
    # Then it has failed
    assert web.json("/jobs/a/status")["status"] == "FAILED"


def test_a_submission_of_no_attempt_is_not_shown(rig: Rig, log: Log) -> None:
    """The first stage answers for it: it is a dead letter."""
    # Given submissions of attempts that there are not
    for attempt in (0, -1, 1_000_001, 2**31 - 1):
        log.submission(f"job{attempt}", attempt=attempt)
    # When they are read, then no job has moved
    assert rig.apply().job_ids == ()


def test_a_state_of_the_first_version_is_of_the_first_attempt(rig: Rig, log: Log, web: Web) -> None:
    """What was written before attempts had names is shown as it was."""
    # Given a golden record of the version before
    old = {e.name: e for e in examples() if (e.record, e.version) == ("job-state", 1)}
    state = old["completed"]
    log.append("job-state", state.value["job_id"], state.data)
    rig.apply()
    # When the job is asked for
    job = web.json(f"/jobs/{state.value['job_id']}")
    # Then every step has its attempt
    assert {step["attempt"] for step in job["timeline"]} == {job["attempt"]} == {1}
