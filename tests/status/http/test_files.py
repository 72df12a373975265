"""The files of a finished job."""

import pytest
from support.status.records import SHEET, SHEET_KEY
from support.status.rig import Rig
from support.status.topics import Log
from support.status.web import Web

from headway.base.errors import StoreUnavailable

REPORT_KEY = "jobs/a/p2/report.html"
REPORT = {
    "name": 'Übersicht "Q1".html',
    "media_type": "text/html; charset=utf-8",
    "key": REPORT_KEY,
    "size_bytes": 12,
}


def test_a_report_is_shown_in_a_sandbox(rig: Rig, log: Log, web: Web) -> None:
    """It is made of what a user sent, and comes from the page's own origin."""
    # Given a finished job with an HTML report of an awkward name
    rig.objects.put_bytes(REPORT_KEY, b"<h1>Hi</h1>")
    log.state("a", "COMPLETED", result=[REPORT])
    rig.apply()
    href = web.json("/jobs/a")["result"][0]["href"]

    # When the report is fetched
    response = web.get(href)

    # Then it is shown in the browser under its name, and may run nothing
    assert response.content == b"<h1>Hi</h1>"
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["content-length"] == "11"
    assert response.headers["content-disposition"] == (
        "inline; filename=\"_bersicht _Q1_.html\"; filename*=UTF-8''%C3%9Cbersicht%20%22Q1%22.html"
    )
    policy = response.headers["content-security-policy"]
    assert policy.startswith("sandbox")
    assert "allow-scripts" not in policy
    assert response.headers["x-content-type-options"] == "nosniff"


def test_other_files_are_attachments(rig: Rig, log: Log, web: Web) -> None:
    """Only a report is for looking at."""
    # Given a finished job with a sheet of three megabytes
    rig.objects.put_bytes(SHEET_KEY, b"x" * 3_000_000)
    log.state("a", "COMPLETED", result=[SHEET])
    rig.apply()

    # When the sheet is fetched, and then its headers alone
    response = web.get("/jobs/a/files/report.xlsx")
    head = web.get("/jobs/a/files/report.xlsx", method="HEAD")

    # Then it comes whole as a download, and its size without it
    assert response.content == b"x" * 3_000_000
    assert response.headers["content-disposition"].startswith("attachment;")
    assert (head.content, head.headers["content-length"]) == (b"", "3000000")


@pytest.mark.parametrize("name", ["other.xlsx", "..%2Freport.xlsx", "jobs%2Fa%2Fp2%2Freport.xlsx"])
def test_only_files_of_the_jobs_result_are_handed_out(
    rig: Rig, log: Log, web: Web, name: str
) -> None:
    """A name in the address is compared, and never becomes a key of the store."""
    # Given a finished job with one file, and another object in the store
    rig.objects.put_bytes(SHEET_KEY, b"xyz")
    rig.objects.put_bytes("other.xlsx", b"secret")
    log.state("a", "COMPLETED", result=[SHEET])
    rig.apply()

    # When something else is asked for under the job's files
    response = web.get(f"/jobs/a/files/{name}")

    # Then there is no such file
    assert response.status_code == 404


def test_a_file_that_is_no_longer_stored_is_gone(rig: Rig, log: Log, web: Web) -> None:
    """The job remembers it; the store may have a shorter memory."""
    # Given a finished job whose file is not in the store
    log.state("a", "COMPLETED", result=[SHEET])
    rig.apply()

    # When the file is asked for
    response = web.get("/jobs/a/files/report.xlsx")

    # Then it is gone
    assert response.status_code == 410


def test_a_store_that_does_not_answer_is_said_to(
    rig: Rig, log: Log, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may answer later."""

    # Given a finished job, and a store that is away
    def fail(_key: str) -> int:
        raise StoreUnavailable("no route to host")

    monkeypatch.setattr(rig.objects, "size", fail)
    log.state("a", "COMPLETED", result=[SHEET])
    rig.apply()

    # When the job's file is asked for
    response = web.get("/jobs/a/files/report.xlsx")

    # Then the answer is to come again
    assert (response.status_code, response.headers["retry-after"]) == (503, "5")
