"""The HTTP side: what is answered, and when an answer has to wait or is refused."""

import asyncio

import httpx
import pytest
from support.status.rig import EPOCH, Rig
from support.status.topics import PARTITIONS, Log
from support.status.web import Web

from headway.base.errors import StoreUnavailable
from status.answers import tablereads
from status.reading.cluster import Ends
from status.table.position import Vector

REPORT_KEY = "jobs/a/p2/report.html"
SHEET_KEY = "jobs/a/p2/report.xlsx"
REPORT = {
    "name": 'Übersicht "Q1".html',
    "media_type": "text/html; charset=utf-8",
    "key": REPORT_KEY,
    "size_bytes": 12,
}
SHEET = {
    "name": "report.xlsx",
    "media_type": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "key": SHEET_KEY,
    "size_bytes": 3,
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
    assert job.pop("timeline") == [
        {"status": "QUEUED", "at": "2025-10-09T08:53:20.000Z"},
        {"status": "COMPLETED", "at": "2025-10-09T08:53:20.000Z"},
    ]
    assert job == {
        "job_id": "a",
        "title": "sales.csv",
        "status": "COMPLETED",
        "progress": 100,
        "note": "",
        "attempt": 1,
        "terminal": True,
        "error": None,
        "result": [
            {
                "name": "report.xlsx",
                "media_type": SHEET["media_type"],
                "size_bytes": 3,
                "href": "/jobs/a/files/report.xlsx",
            }
        ],
        "links": {
            "self": "/jobs/a",
            "status": "/jobs/a/status",
            "events": "/jobs/a/events",
            "dashboard": "/#/jobs/a",
        },
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


@pytest.mark.parametrize("path", ["/jobs", "/jobs/a", "/jobs/a/status", "/jobs/a/files/x"])
def test_nothing_is_told_while_the_table_is_built(building: Rig, log: Log, path: str) -> None:
    """A past that was read in the wrong order may never have been true."""
    # Given a job that has been read by a table that has not caught up
    log.submission("a")
    building.apply()

    # When it is asked for
    response = Web(building).get(path)

    # Then the answer is to come again in a second
    assert response.status_code == 503
    assert response.headers["retry-after"] == "1"


@pytest.mark.parametrize(
    ("base", "more", "answer"), [(EPOCH, 1, 503), ("of others", 0, 503), (EPOCH, 0, 404)]
)
def test_that_a_job_is_unknown_is_said_of_all_that_kafka_has(
    rig: Rig, log: Log, monkeypatch: pytest.MonkeyPatch, base: str, more: int, answer: int
) -> None:
    """A replica that lags, or cannot ask how far there is to read, does not know yet."""
    # Given a cluster that has as much as the table, or more, or is another one than the table's
    monkeypatch.setattr(tablereads, "_AFTER_SECONDS", 0.001)
    log.submission("a")
    rig.apply()
    vector = rig.tide.vector
    further = vector.plus(Vector((more,) * PARTITIONS, vector.states, vector.reports))
    rig.ends = Ends(base, further, further)

    # When a job is asked for that the table does not have
    response = Web(rig).get("/jobs/b")

    # Then it is unknown if the table has all there is, and not known yet otherwise
    assert response.status_code == answer


def test_while_kafka_is_away_known_jobs_are_told_and_others_may_yet_come(
    rig: Rig, log: Log
) -> None:
    """The table is a true past; what is not in it may have been written since."""
    # Given a job in the table, and a cluster that does not answer
    log.submission("a")
    rig.apply()
    web, rig.reachable = Web(rig), False

    # When it and another are asked for
    known, other = web.get("/jobs/a"), web.get("/jobs/b")

    # Then it is told, and of the other that it is not known yet
    assert (known.status_code, other.status_code) == (200, 503)
    assert "not known yet" in other.json()["detail"]


def test_a_job_that_is_read_while_kafka_is_asked_is_told(rig: Rig, log: Log) -> None:
    """It was acknowledged before the question came, so it is not unknown."""
    # Given a job that Kafka has and the table has not
    log.submission("late")
    batch = log.batch()
    vector = rig.tide.vector
    for (source, partition), offset in batch.offsets.items():
        vector = vector.advanced(source, partition, offset)
    rig.ends = Ends(rig.tide.position.base, vector, vector)

    async def exchange() -> int:
        transport = httpx.ASGITransport(rig.app())
        async with httpx.AsyncClient(transport=transport, base_url="http://status") as client:
            asked = asyncio.ensure_future(client.get("/jobs/late"))
            await asyncio.sleep(0.05)

            # When it is read after it was asked for
            rig.publish(rig.materializer.apply(batch))
            return (await asked).status_code

    # Then it is told
    assert asyncio.run(exchange()) == 200


def test_a_read_waits_for_the_write_it_follows(rig: Rig, log: Log) -> None:
    """A submission answers with its position; with that, a read is never too early."""
    # Given a submission that is acknowledged and not yet read
    log.submission("a")
    [message] = messages = log.take()
    position = f"{message.partition()}:{message.offset()}"
    app = rig.app()

    async def exchange() -> int:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://status") as client:
            # When its job is asked for with its place, and it is read while the question waits
            asked = asyncio.ensure_future(client.get(f"/jobs/a?after={position}"))
            for _ in range(50):
                await asyncio.sleep(0)
            assert not asked.done()
            log.put_back(messages)
            rig.apply()
            return (await asked).status_code

    # Then the job is told
    assert asyncio.run(exchange()) == 200


def test_a_read_that_waits_in_vain_says_so(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """It must not answer with what is older than was asked for."""
    # Given little patience, and a place that is never read
    monkeypatch.setattr(tablereads, "_AFTER_SECONDS", 0.01)

    # When a job is asked for with it
    response = web.get("/jobs/a?after=0:0")

    # Then the answer is that the place has not been read
    assert response.status_code == 503
    assert "has not been read" in response.json()["detail"]


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


def test_the_page_is_told_where_to_submit_and_may_speak_to_nobody_else(web: Web) -> None:
    """The address is the operator's setting; scripts and styles are the page's own files."""
    # Given the address of a gateway that tries to break out of the page
    gateway = 'https://gateway.example/below"<'

    # When the page is asked for
    response = web.get("/", gateway_url=gateway)

    # Then it names the address as text, and its policy allows that origin and no other
    assert 'content="https://gateway.example/below&quot;&lt;"' in response.text
    policy = response.headers["content-security-policy"]
    assert "default-src 'self'; connect-src 'self' https://gateway.example;" in policy
    assert "unsafe-inline" not in policy


def test_the_pages_files_are_served(web: Web) -> None:
    """Without any build step or outside address."""
    # Given the folder beside the code
    # When a file of it is asked for
    icon = web.get("/static/favicon.svg")

    # Then it comes, to be asked for again each time; what lies above the folder does not
    assert icon.headers["content-type"] == "image/svg+xml"
    assert icon.headers["cache-control"] == "no-cache"
    assert web.get("/static/../app.py").status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nothing", 404), ("POST", "/jobs", 405), ("GET", "/static/nothing.js", 404)],
)
def test_what_is_not_served_is_a_problem_too(web: Web, method: str, path: str, status: int) -> None:
    """Every error has the same form."""
    # Given a path or a method that is not served
    # When it is asked for
    response = web.get(path, method=method)

    # Then the refusal has the form of every error
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"


def test_an_unexpected_error_is_a_problem_too(
    rig: Rig, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its words are for the log."""

    # Given a fault that nobody has thought of
    def fail(_row: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(type(rig.views), "summary", fail)
    monkeypatch.setattr(type(rig.table), "snapshot", fail)

    # When it is met
    response = web.get("/jobs")

    # Then the answer is an error that tells nothing of it
    assert response.status_code == 500
    assert "secret" not in response.text


def test_readers_of_events_are_limited(rig: Rig, web: Web) -> None:
    """Each holds memory and a connection."""
    # Given a reader of events, and room for one
    with rig.hub.connect():
        # When another one comes
        response = web.get("/events", sse_clients=1)

    # Then it is refused, and told why
    assert response.status_code == 503
    assert response.json()["title"] == "Too many readers"


def test_health_tells_live_and_ready_apart(rig: Rig, web: Web) -> None:
    """A service that reads is alive before it has caught up."""
    # Given a service that is still catching up
    rig.health.set_ready(ready=False, reason="catching up with the topics")

    # When its health and its metrics are asked for
    live, ready, metrics = web.get("/livez"), web.get("/readyz"), web.get("/metrics")

    # Then it is alive and not ready, says why, and counts
    assert (live.status_code, ready.status_code) == (200, 503)
    assert ready.json()["reason"] == "catching up with the topics"
    assert "headway_materialized_total" in metrics.text
