"""Records that cannot be read or kept: what is left out, and what is not passed over."""

from typing import Any

import pytest
from confluent_kafka import Message
from prometheus_client import REGISTRY
from support.status.rig import Rig
from support.status.topics import Log

from status.table.position import Source
from status.table.row import Row


def test_an_unreadable_record_is_left_out_and_counted(rig: Rig, log: Log) -> None:
    """The stage that reads it answers for it; the reader goes on."""
    # Given eight submissions that each break another rule, and a good one
    counted = _unreadable("jobs.submitted")
    log.append("jobs.submitted", "bytes", b"\x00\x01")
    log.append("jobs.submitted", "empty", b"")
    log.append("jobs.submitted", "null", None)
    log.append("jobs.submitted", None, log.records.submission("no-key"))
    log.append("jobs.submitted", b"\xff\xfe", log.records.submission("no-text"))
    log.append("jobs.submitted", "key", log.records.submission("value"))
    log.append("jobs.submitted", "state", log.records.state("state", "COMPLETED"))
    log.append("jobs.submitted", "cut", log.records.submission("cut")[:-3])
    log.submission("good")

    # When they are read
    change = rig.apply()

    # Then the good one is known, the eight are counted, and all nine are behind the reader
    assert change.job_ids == ("good",)
    assert _unreadable("jobs.submitted") - counted == 8
    assert sum(change.position.vector.of(Source.SUBMITTED)) == 9


@pytest.mark.parametrize(
    "fields",
    [
        {"attempt": 2**63 - 1},
        {"attempt": -1},
        {"stage_index": 2**16},
        {"step": 16},
        {"step": -1},
    ],
)
def test_a_state_that_no_row_can_hold_is_left_out_and_the_others_go_on(
    rig: Rig, log: Log, fields: dict[str, Any]
) -> None:
    """One record must not stop the reader, nor come again each second."""
    # Given a running job, a state of it beyond what a row can hold, and another job's state
    counted = _unreadable("job-state")
    log.state("bad", "PROCESS_1_RUNNING")
    log.state("bad", "PROCESS_1_DONE", **fields)
    log.state("good", "PROCESS_1_DONE")

    # When they are read
    change = rig.apply()

    # Then the first job is as before, the other has moved, and one record is counted as unreadable
    assert rig.row("bad").status == "PROCESS_1_RUNNING"
    assert rig.row("good").status == "PROCESS_1_DONE"
    assert _unreadable("job-state") - counted == 1
    assert sum(change.position.vector.of(Source.STATE)) == 3


@pytest.mark.parametrize(
    "fields", [{"attempt": 2**62}, {"stage_index": -3}, {"stage_index": 2**20}]
)
def test_a_report_of_a_run_that_cannot_be_is_left_out(
    rig: Rig, log: Log, fields: dict[str, Any]
) -> None:
    """It would be kept for a state that never comes."""
    # Given a running job and a report of an attempt or stage that no job can have
    counted = _unreadable("job-progress")
    log.state("a", "PROCESS_1_RUNNING")
    log.report("a", 41, **fields)

    # When they are read
    rig.apply()

    # Then the job is where its state says, and the report is counted as unreadable
    assert rig.row("a").progress == 30
    assert _unreadable("job-progress") - counted == 1


def test_a_row_that_the_file_refuses_is_left_out_by_itself(
    rig: Rig, log: Log, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever a later release forgets to check: the place is said, and reading goes on."""
    # Given two submissions, one of which becomes a row that SQLite cannot store
    log.submission("bad")
    log.submission("good")
    decode = rig.materializer._decoder.submission

    def unbounded(message: Message) -> Row:
        row = decode(message)
        return row._replace(submitted_at=2**63) if row.job_id == "bad" else row

    rig.materializer._decoder.submission = unbounded  # type: ignore[method-assign]  # a fault to come
    counted = _unreadable("jobs.submitted")

    # When they are stored
    change = rig.apply()

    # Then the other is there, and the one left out is counted and its place logged
    with rig.table.snapshot() as snapshot:
        assert snapshot.job("bad") is None
        assert snapshot.counts() == {"QUEUED": 1}
    assert change.job_ids == ("good",)
    assert _unreadable("jobs.submitted") - counted == 1
    [left_out] = [record for record in caplog.records if record.msg == "row.left_out"]
    assert left_out.__dict__["topic"] == "jobs.submitted"
    assert left_out.__dict__["offset"] == 0


def test_a_state_without_a_status_is_left_out(rig: Rig, log: Log) -> None:
    """It would be taken for the mark of a deleted job."""
    # Given a running job, and a state of it without a status
    log.state("a", "PROCESS_1_RUNNING")
    log.state("a", "")

    # When they are read
    rig.apply()

    # Then the job runs on
    assert rig.row("a").status == "PROCESS_1_RUNNING"


def test_unreadable_last_records_leave_the_one_before_them(rig: Rig, log: Log) -> None:
    """What a job's last readable record says is what is known of it."""
    # Given a job whose last three states cannot be read, and another job
    log.state("a", "PROCESS_1_RUNNING")
    log.state("a", "PROCESS_1_DONE")
    log.append("job-state", "a", log.records.state("other", "COMPLETED"))
    log.append("job-state", "a", b"")
    log.append("job-state", "a", b"\xc3\x01garbage!!")
    log.state("b", "PROCESS_1_RUNNING")

    # When they are read
    rig.apply()

    # Then the job is where its last readable state says
    assert rig.row("a").status == "PROCESS_1_DONE"
    assert rig.row("b").status == "PROCESS_1_RUNNING"


def test_a_state_that_a_newer_release_wrote_is_where_its_partition_stops(
    rig: Rig, log: Log
) -> None:
    """What it says would be lost if reading went past it; other partitions go on."""
    # Given states of a schema this release does not know, and a job's state in another partition
    counted = _unreadable("job-state")
    newer = b"\xc3\x01\x01\x02\x03\x04\x05\x06\x07\x08body"
    log.state("a", "PROCESS_1_RUNNING")
    log.append("job-state", "a", newer)
    log.append("job-state", "a", newer)
    log.state("b", "PROCESS_1_DONE")

    # When they are read
    change = rig.apply()

    # Then their partition stands before the first of them, which is told, and the other moved on
    [((source, partition), halt)] = rig.materializer.halts.items()
    assert (source, halt.offset) == (Source.STATE, 1)
    assert "0102030405060708" in halt.reason
    assert change.position.vector.of(Source.STATE)[partition] == 1
    assert rig.row("a").status == "PROCESS_1_RUNNING"
    assert rig.row("b").status == "PROCESS_1_DONE"
    assert _unreadable("job-state") == counted


def test_nothing_behind_a_newer_releases_state_is_taken_of_its_partition(
    rig: Rig, log: Log
) -> None:
    """Neither what can be read there nor what cannot: both are met when reading goes on."""
    # Given a job's state, one of a schema this release does not know, and more of that partition
    counted = _unreadable("job-state")
    log.state("a", "PROCESS_1_RUNNING")
    log.append("job-state", "a", b"\xc3\x01\x01\x02\x03\x04\x05\x06\x07\x08body")
    log.append("job-state", "a", b"garbage")
    log.state("c", "PROCESS_1_DONE")

    # When they are read
    change = rig.apply()

    # Then that partition stands before it, the other job is not known, and nothing is counted
    [((_, partition), halt)] = rig.materializer.halts.items()
    assert (halt.offset, change.position.vector.of(Source.STATE)[partition]) == (1, 1)
    assert rig.row("a").status == "PROCESS_1_RUNNING"
    assert not rig.store.current(["c"])
    assert _unreadable("job-state") == counted


def test_a_submission_of_an_unknown_schema_is_left_out(rig: Rig, log: Log) -> None:
    """Others write that topic; the first stage answers for what it cannot read."""
    # Given a submission of a schema this release does not know
    log.append("jobs.submitted", "a", b"\xc3\x01\x01\x02\x03\x04\x05\x06\x07\x08body")

    # When it is read
    change = rig.apply()

    # Then no partition stands, and it is behind the reader
    assert rig.materializer.halts == {}
    assert sum(change.position.vector.of(Source.SUBMITTED)) == 1


def _unreadable(topic: str) -> float:
    return REGISTRY.get_sample_value("headway_status_unreadable_total", {"topic": topic}) or 0.0
