"""How a job is told that waits to be tried again, and one that had more than one attempt."""

from typing import Any

from support.status.records import START_MS, a_step
from support.status.rig import Rig
from support.status.topics import Log
from support.status.web import Web

_ERROR = {
    "stage": "p1",
    "error_class": "StoreUnavailable",
    "message": "The store does not answer.",
    "retry_available": True,
    "dead_letter": None,
}
_PLACE = {"topic": "p1.retry.1", "partition": 0, "offset": 7}


def test_a_job_that_waits_tells_when_it_is_due_and_why(rig: Rig, log: Log, web: Web) -> None:
    """The page counts down to it."""
    # Given a job at work that had reported
    log.state("a", "PROCESS_1_RUNNING")
    log.report("a", 41)

    # When it is put off for the second time
    told = {"progress": 41, "due_at": START_MS + 60_000, "tries": 2, "waits_at": _PLACE}
    log.state("a", "RETRY_SCHEDULED", error=_ERROR, **told)
    rig.apply()

    # Then it tells when, how often, and why; the note of the run is over, and the percent stays
    job = web.json("/jobs/a")
    assert (job["status"], job["terminal"], job["progress"]) == ("RETRY_SCHEDULED", False, 41)
    assert (job["due_at"], job["tries"], job["note"]) == ("2025-10-09T08:54:20.000Z", 2, "")
    assert job["error"] == _ERROR
    assert web.json("/jobs?status=RETRY_SCHEDULED")["jobs"][0]["due_at"] == job["due_at"]


def test_a_job_tells_every_attempt_with_what_ended_it(rig: Rig, log: Log, web: Web) -> None:
    """By the details of steps, since the state has the newest error alone."""
    # Given a job that failed, was redriven, failed with other words and was cancelled
    timeline = [
        a_step("QUEUED", START_MS),
        a_step("FAILED", START_MS + 1, 1, "StoreUnavailable: away: for long"),
        a_step("RETRY_SCHEDULED", START_MS + 2, 2, "asked by ann"),
        a_step("FAILED", START_MS + 3, 2, "no class at all: it seems"),
        a_step("RETRY_SCHEDULED", START_MS + 4, 3, "asked by ann"),
        a_step("CANCELLED", START_MS + 5, 3, "asked by ann"),
    ]
    error = {**_ERROR, "error_class": "Cancelled", "retry_available": False}
    log.state("a", "CANCELLED", attempt=3, timeline=timeline, error=error)

    # When it is asked for
    rig.apply()
    attempts = web.json("/jobs/a")["attempts"]

    # Then each attempt has its steps and its error, the last one as its state says
    assert [[step["status"] for step in attempt["steps"]] for attempt in attempts] == [
        ["QUEUED", "FAILED"],
        ["RETRY_SCHEDULED", "FAILED"],
        ["RETRY_SCHEDULED", "CANCELLED"],
    ]
    assert attempts[0]["steps"][1]["detail"] == "StoreUnavailable: away: for long"
    assert [_words(attempt) for attempt in attempts[:2]] == [
        ("StoreUnavailable", "away: for long"),
        ("", "no class at all: it seems"),
    ]
    assert attempts[2]["error"] == error


def test_an_attempt_that_was_overtaken_has_no_error(rig: Rig, log: Log, web: Web) -> None:
    """Somebody submitted the next one while it ran."""
    # Given a job whose second attempt began while the first was at work
    timeline = [a_step("PROCESS_1_RUNNING", START_MS), a_step("QUEUED", START_MS + 1, 2)]
    log.state("a", "PROCESS_1_RUNNING", attempt=2, timeline=timeline)

    # When it is asked for
    rig.apply()

    # Then neither of them has an error
    attempts = web.json("/jobs/a")["attempts"]
    assert [attempt["error"] for attempt in attempts] == [None, None]


def _words(attempt: dict[str, Any]) -> tuple[str, str]:
    return attempt["error"]["error_class"], attempt["error"]["message"]
