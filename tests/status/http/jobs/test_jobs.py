"""What is told of one job."""

import pytest
from support.status.records import SHEET
from support.status.rig import Rig
from support.status.topics import Log
from support.status.web import Web

_STEPS = [
    {"status": status, "at": "2025-10-09T08:53:20.000Z", "attempt": 1, "detail": None}
    for status in ("QUEUED", "COMPLETED")
]
_LINKS = {
    "self": "/jobs/a",
    "status": "/jobs/a/status",
    "events": "/jobs/a/events",
    "dashboard": "/#/jobs/a",
}
_TOLD_SHEET = {
    "name": "report.xlsx",
    "media_type": SHEET["media_type"],
    "size_bytes": 3,
    "href": "/jobs/a/files/report.xlsx",
}


def test_a_job_is_told_in_full(rig: Rig, log: Log, web: Web) -> None:
    """Everything the page shows comes from this one answer."""
    # Given a job that was submitted and has ended with a file
    log.submission("a", title="sales.csv")
    log.state("a", "COMPLETED", result=[SHEET])
    rig.apply()

    # When it is asked for
    job = web.json("/jobs/a")

    # Then all that is known of it is told: times, timeline, result and where to go on
    assert job.pop("submitted_at") == "2025-10-09T08:53:20.001Z"
    assert job.pop("updated_at") == "2025-10-09T08:53:20.000Z"
    assert job.pop("timeline") == _STEPS
    assert job.pop("attempts") == [{"attempt": 1, "steps": _STEPS, "error": None}]
    assert job.pop("result") == [_TOLD_SHEET]
    assert job == {
        "job_id": "a",
        "title": "sales.csv",
        "tags": [],
        "stage": "p2",
        "partition": 3,
        "state_offset": 0,
        "status": "COMPLETED",
        "progress": 100,
        "note": "",
        "attempt": 1,
        "terminal": True,
        "due_at": None,
        "tries": 0,
        "queue_position": None,
        "eta_seconds": None,
        "held": None,
        "error": None,
        "command": None,
        "links": _LINKS,
    }


def test_a_failed_job_tells_why_and_where_its_record_lies(rig: Rig, log: Log, web: Web) -> None:
    """What the user can do, and what an operator needs for a redrive."""
    # Given a job that failed for good, with its dead letter
    error = {
        "stage": "p1",
        "error_class": "PermanentError",
        "message": "The file is empty.",
        "retry_available": False,
        "dead_letter": {"topic": "p1.dlq", "partition": 3, "offset": 7},
    }
    log.state("a", "FAILED", error=error)

    # When its state has been read
    rig.apply()

    # Then the answer has the error as the stage said it
    job = web.json("/jobs/a")
    assert (job["status"], job["terminal"], job["error"]) == ("FAILED", True, error)


@pytest.mark.parametrize(
    ("status", "progress"),
    [
        ("QUEUED", 0),
        ("PROCESS_1_RUNNING", 30),
        ("PROCESS_1_DONE", 50),
        ("PROCESS_2_RUNNING", 70),
        ("COMPLETED", 100),
    ],
)
def test_the_short_answer_has_the_agreed_names_and_percents(
    rig: Rig, log: Log, web: Web, status: str, progress: int
) -> None:
    """These are the words of the state machine."""
    # Given a job in one of its states
    log.submission("a")
    if status != "QUEUED":
        log.state("a", status)

    # When its last record has been read
    rig.apply()

    # Then its status has the agreed name and percent
    answer = web.json("/jobs/a/status")
    assert (answer["status"], answer["progress"]) == (status, progress)


@pytest.mark.parametrize("path", ["", "/status", "/events", "/files/report.xlsx"])
def test_an_unknown_job_is_404_and_never_pending(web: Web, path: str) -> None:
    """Nobody waits for a job that does not exist."""
    # Given no job
    # When anything of one is asked for
    response = web.get(f"/jobs/nope{path}")

    # Then it is unknown
    assert response.status_code == 404
    assert response.json()["title"] == "Unknown job"


def test_a_deleted_job_is_unknown(rig: Rig, log: Log, web: Web) -> None:
    """A tombstone means that it is not to be told any more."""
    # Given a finished job and its tombstone
    log.state("a", "COMPLETED")
    log.append("job-state", "a", None)

    # When both have been read
    rig.apply()

    # Then there is no such job
    assert web.get("/jobs/a").status_code == 404
