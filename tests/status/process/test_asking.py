"""What the real process tells of commands, of dead letters and of pauses."""

import base64
from functools import partial

import pytest
from support.kafka.cluster import Cluster
from support.status.events.sse import Event, SseRecorder
from support.status.letters import failure
from support.status.records import Records
from support.status.service import StatusService, Writer, Written
from support.waiting import DEADLINE_SECONDS, wait_until

from headway.base.clock import SystemClock
from headway.edges import kafka
from headway.edges.kafka import Headers

pytestmark = pytest.mark.broker

HEADERS: Headers = [
    ("headway.stage", b"p1"),
    ("headway.error.class", b"StoreUnavailable"),
    ("headway.error.message", b"away"),
]


def test_what_is_asked_of_a_job_is_told_at_once_and_by_a_replica_that_is_made_anew(
    service: StatusService, writer: Writer, records: Records
) -> None:
    """By ids given before, too."""
    # Given a job that failed, and a reader of events that knows it
    writer.commit(Written("job-state", "a", records.state("a", "FAILED")))
    with SseRecorder(f"{service.url}/events") as recorder:
        recorder.wait_for(lambda events: states(events) == [None])
        first_id = recorder.client.last_id

        # When it is told to retry, which its stage refuses, and then to cancel
        writer.commit(Written("job-commands", "a", records.command("a", "retry")))
        recorder.wait_for(lambda events: states(events)[-1] == "requested")
        refusal = records.result("a", "retry a", accepted=False, reason="no")
        writer.commit(Written("command-results", "a", refusal))
        recorder.wait_for(lambda events: states(events)[-1] == "refused")
    told = service.get("/jobs/a").json()
    service.kill()
    service.lose_file()
    writer.commit(Written("job-commands", "nobody", records.command("nobody", "cancel")))
    service.start()

    # Then the replica that is made anew tells the same, and no job that is none
    assert service.get("/jobs/a").json() == told
    assert service.get("/jobs/nobody").status_code == 404
    with SseRecorder(f"{service.url}/events", last_id=first_id) as back:
        back.wait_for(lambda events: states(events) == ["refused"])


def test_dead_letters_are_listed_as_long_as_kafka_has_them(
    service: StatusService, writer: Writer, records: Records, cluster: Cluster
) -> None:
    """What was aborted never is; what Kafka keeps no longer is gone when the list is read anew."""
    # Given two jobs that failed, each with its letter, and a letter that was aborted
    topic = cluster.catalog["p1.dlq"].name
    writer.abort(Written("p1.dlq", "a", b"aborted", HEADERS))
    places = []
    for _ in range(2):
        [place] = writer.commit(Written("p1.dlq", "a", b"\xff bytes", HEADERS))
        partition, offset = map(int, place.split(":"))
        places.append((topic, partition, offset))
    error = failure(places[1], retry_available=True)
    [state] = writer.commit(Written("job-state", "a", records.state("a", "FAILED", error=error)))
    wait_until(lambda: service.get("/dead-letters").json().get("total") == 2)
    wait_until(lambda: service.get("/dead-letters?redrivable=true").json()["total"] == 1)
    newest = service.get("/dead-letters").json()["items"][0]
    path = "/dead-letters/{}/{}/{}".format(*places[0])
    before = service.get(path).json()

    # When Kafka has the first no longer, and the service begins anew, its list damaged
    trimmed = kafka.TopicPartition(topic, places[0][1], places[0][2] + 1)
    admin = kafka.admin_client(cluster.options)
    for deleted in admin.delete_records([trimmed]).values():
        deleted.result(timeout=DEADLINE_SECONDS)
    after = service.get(path)
    service.kill()
    (service.data / "letters.sqlite3").write_bytes(b"no database" * 1000)
    service.start()
    wait_until(lambda: service.get("/dead-letters").status_code == 200)

    # Then it was told with its bytes, is told no more, and the other one still is
    assert state.split(":")[0] == str(places[1][1])
    assert base64.b64decode(before["value"]) == b"\xff bytes"
    assert ["headway.stage", "p1"] in before["headers"]
    assert after.status_code == 404
    beyond = service.get(f"/dead-letters/{topic}/{places[1][1]}/{places[1][2] + 1000}")
    assert beyond.status_code == 404
    assert service.get("/dead-letters").json()["items"] == [newest]
    assert (newest["offset"], newest["redrivable"]) == (places[1][2], True)


def test_what_pauses_a_stage_is_told_to_whoever_watches(
    service: StatusService, writer: Writer, cluster: Cluster
) -> None:
    """As soon as an instance says so, and as soon as it says that it is over."""
    # Given a reader of events
    pause = {"reason": "breaker:object store", "since": 1000, "partitions": 6}
    report = {"stage": "p1", "instance": "p1-0", "at": 1000, "pauses": [pause]}
    with SseRecorder(f"{service.url}/events") as recorder:
        wait_until(lambda: recorder.client.pauses == [[]])

        # When an instance says that it waits
        value = cluster.codec.encode("stage-report", report)
        writer.commit(Written("stage-reports", "p1/p1-0", value))
        wait_until(lambda: len(recorder.client.pauses) > 1)
        asked = service.get("/pauses").json()["pauses"]
        over = cluster.codec.encode("stage-report", {**report, "pauses": []})
        writer.commit(Written("stage-reports", "p1/p1-0", over))
        wait_until(lambda: recorder.client.pauses[-1] == [])

    # Then it was told what waits for what, and that it is over
    told = {"stage": "p1", "instance": "p1-0", **pause, "since": "1970-01-01T00:00:01.000Z"}
    assert recorder.client.pauses[1] == asked == [told]
    assert recorder.events == []


def test_what_the_statistics_say_is_told_by_a_replica_that_is_made_anew(
    service: StatusService, writer: Writer, cluster: Cluster
) -> None:
    """Their topic is read whole at the start, and on as it grows; what is no record is left out."""
    # Given a window that was said before a replica starts, and garbage behind it
    start = SystemClock().now_ms() // 10_000 * 10_000
    value = {
        "stage": "p1",
        "resolution_ms": 10_000,
        "start": start,
        "reports": 3,
        "outcomes": {"done": 9},
        "errors": {},
        "stage_times": [9],
        "job_times": [],
        "paused": {},
        "instances": 1,
        "waiting": 5,
        "running": 2,
        "oldest_ms": None,
    }
    said = partial(cluster.codec.encode, "stage-statistics")
    writer.commit(Written("stage-statistics", "p1/10/7", said(value)))
    writer.commit(Written("stage-statistics", "p1/10/8", b"garbage"))
    service.kill()
    service.start()

    def told() -> list[tuple[int, int]]:
        windows = service.get("/statistics").json().get("windows", [])
        return [(window["ended"], window["waiting"]) for window in windows]

    # When it has read, and more is said of the same window
    wait_until(lambda: told() == [(9, 5)], told)
    writer.commit(
        Written("stage-statistics", "p1/10/7", said({**value, "reports": 4, "waiting": 1}))
    )

    # Then it tells the newer
    wait_until(lambda: told() == [(9, 1)], told)


def states(events: list[Event]) -> list[str | None]:
    """What became of the command, event by event."""
    commands = [event.json()["command"] for event in events]
    return [command and command["state"] for command in commands]
