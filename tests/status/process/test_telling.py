"""What the real process tells of what it reads."""

import pytest
from support.kafka.cluster import Cluster
from support.status.events.sse import SseRecorder
from support.status.records import Records
from support.status.schedules.records import rule_record, window_record
from support.status.service import StatusService, Writer, Written
from support.waiting import wait_until

from headway.wire.codec import Codec

pytestmark = pytest.mark.broker


def test_a_submission_is_told_from_the_moment_it_is_acknowledged(
    service: StatusService, writer: Writer, records: Records
) -> None:
    """The record itself is the QUEUED state, and a read may wait for it."""
    # Given a submission
    submission = Written("jobs.submitted", "a", records.submission("a"))

    # When it is acknowledged, and its job is asked for with the place it was given
    [place] = writer.commit(submission)
    job = service.get(f"/jobs/a?after={place}").json()
    status = service.get(f"/jobs/a/status?after={place}").json()

    # Then the job is told as queued, in full and in short
    assert (job["status"], job["progress"], job["title"]) == ("QUEUED", 0, "data.csv")
    assert (status["status"], status["progress"]) == ("QUEUED", 0)


def test_what_was_aborted_is_never_told(
    service: StatusService, writer: Writer, records: Records
) -> None:
    """A frame that was fenced or broken off has not happened."""
    # Given a queued job and a watcher that knows it
    writer.commit(Written("jobs.submitted", "a", records.submission("a")))
    with SseRecorder(f"{service.url}/events") as recorder:
        recorder.wait_for(lambda events: len(events) == 1)

        # When its later state and another job are aborted, and its earlier state is committed
        writer.abort(
            Written("job-state", "a", records.state("a", "PROCESS_1_DONE")),
            Written("jobs.submitted", "b", records.submission("b")),
        )
        writer.commit(Written("job-state", "a", records.state("a", "PROCESS_1_RUNNING")))
        recorder.wait_for(lambda events: len(events) == 2)

    # Then the watcher was told the committed state only, and the other job is unknown
    assert [event.json()["status"] for event in recorder.events] == ["QUEUED", "PROCESS_1_RUNNING"]
    assert service.get("/jobs/b").status_code == 404


def test_a_tombstone_deletes_a_job_before_everyones_eyes(
    service: StatusService, writer: Writer, records: Records
) -> None:
    """Readers are told, and the job is unknown from then on."""
    # Given a finished job, and watchers of all jobs and of this one that know it
    writer.commit(Written("job-state", "a", records.state("a", "COMPLETED")))
    with (
        SseRecorder(f"{service.url}/events") as of_all,
        SseRecorder(f"{service.url}/jobs/a/events") as of_one,
    ):
        for recorder in (of_all, of_one):
            recorder.wait_for(lambda events: len(events) == 1)

        # When its tombstone is written
        writer.commit(Written("job-state", "a", None))
        for recorder in (of_all, of_one):
            recorder.wait_for(lambda events: events[-1].event == "gone")

    # Then both were told, and the job is unknown and not counted
    assert service.get("/jobs/a").status_code == 404
    assert service.get("/jobs").json()["counts"] == {}


def test_a_newer_releases_state_stops_its_partition_and_is_told(
    service: StatusService, writer: Writer, records: Records, cluster: Cluster
) -> None:
    """Not ready, with the place and what to do; what is known is answered, nothing is skipped."""
    # Given a running job, and a state of a schema this release does not know
    writer.commit(Written("job-state", "a", records.state("a", "PROCESS_1_RUNNING")))
    newer = b"\xc3\x01" + bytes(range(1, 9)) + b"body"

    # When it is written, and behind it the job's end, and another job's submission elsewhere
    [place] = writer.commit(Written("job-state", "a", newer))
    wait_until(lambda: service.readiness() == 503)
    [behind] = writer.commit(Written("job-state", "a", records.state("a", "COMPLETED")))
    [after] = writer.commit(Written("jobs.submitted", "b", records.submission("b")))
    told = service.get("/readyz").json()["reason"]

    # Then the place is told, the partition stands, and everything else is read and answered
    partition, offset = place.split(":")
    assert f"{cluster.catalog['job-state'].name}[{partition}]@{offset}" in told
    assert "upgrade this service" in told
    assert behind.split(":")[0] == partition
    assert service.get(f"/jobs/b?after={after}").status_code == 200
    assert service.get("/jobs/a").json()["status"] == "PROCESS_1_RUNNING"
    assert service.get("/livez").status_code == 200


def test_how_schedules_stand_is_told_as_soon_as_it_is_committed(
    service: StatusService, writer: Writer, codec: Codec
) -> None:
    """Read from the beginning, and on; what a zombie wrote is never told."""
    # Given a rule and a window, and a word that was aborted
    first = Written("schedule-rules", "nightly", rule_record(codec, "nightly", pending=1))
    writer.commit(first, Written("stage-windows", "p2", window_record(codec, "p2", open=True)))
    wait_until(lambda: len(service.get("/schedules").json().get("rules", ())) == 1)
    writer.abort(Written("schedule-rules", "nightly", rule_record(codec, "nightly", pending=7)))

    # When the rule has moved on
    writer.commit(Written("schedule-rules", "nightly", rule_record(codec, "nightly", pending=2)))

    # Then that is told, and the window
    wait_until(lambda: service.get("/schedules").json()["rules"][0]["pending"] == 2)
    (window,) = service.get("/schedules").json()["windows"]
    assert (window["stage"], window["open"]) == ("p2", True)
