"""Batches of records become rows, committed together with the offsets they end at."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException, Message
from prometheus_client import REGISTRY
from support.status.rig import EPOCH, PARTITIONS, Log, Records, Rig, batch_of

from headway.base.errors import SettingsError
from status.reading.batch import OffsetLost
from status.table.database import FILE_NAME, locked
from status.table.position import Source
from status.table.row import Row
from status.table.store import Store


def test_a_batch_leaves_of_each_job_what_its_last_records_say(rig: Rig, log: Log) -> None:
    """States, submissions and progress of one batch are merged before anything is written."""
    # given
    log.state("a", "PROCESS_1_RUNNING")
    log.submission("a", title="a.csv")
    log.report("a", 33)
    log.report("a", 41)
    log.submission("b")
    # when
    change = rig.apply()
    # then
    a, b = _row(rig, "a"), _row(rig, "b")
    assert (a.status, a.progress, a.note) == ("PROCESS_1_RUNNING", 41, "at 41")
    assert (b.status, b.progress, b.state) == ("QUEUED", 0, None)
    assert set(change.job_ids) == {"a", "b"}


def test_of_several_reports_in_a_batch_the_highest_percent_counts(rig: Rig, log: Log) -> None:
    """A stage that started over reports lower ones; batches are cut anywhere."""
    # given
    log.state("a", "PROCESS_1_RUNNING")
    log.report("a", 41)
    log.report("a", 33)
    # when
    rig.apply()
    # then
    assert (_row(rig, "a").progress, _row(rig, "a").note) == (41, "at 33")


def test_a_job_known_from_an_earlier_batch_moves_on_in_a_later_one(rig: Rig, log: Log) -> None:
    """Title and submission stay; the row says which record wrote its state."""
    # given
    log.submission("a", title="a.csv")
    rig.apply()
    submitted = _row(rig, "a")
    # when
    log.state("a", "PROCESS_1_RUNNING")
    rig.apply()
    log.report("a", 35)
    rig.apply()
    # then
    row = _row(rig, "a")
    assert (row.title, row.submitted_at) == ("a.csv", submitted.submitted_at)
    assert (row.status, row.progress) == ("PROCESS_1_RUNNING", 35)
    assert row.origin > submitted.origin
    assert row.state is not None


def test_an_unreadable_record_is_left_out_and_counted(rig: Rig, log: Log) -> None:
    """The stage that reads it answers for it; the reader goes on."""
    # given
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
    # when
    change = rig.apply()
    # then
    assert change.job_ids == ("good",)
    assert _unreadable("jobs.submitted") - counted == 8
    assert sum(change.position.vector.submitted) == 9


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
    # given
    counted = _unreadable("job-state")
    log.state("bad", "PROCESS_1_RUNNING")
    log.state("bad", "PROCESS_1_DONE", **fields)
    log.state("good", "PROCESS_1_DONE")
    # when
    change = rig.apply()
    # then
    assert _row(rig, "bad").status == "PROCESS_1_RUNNING"
    assert _row(rig, "good").status == "PROCESS_1_DONE"
    assert _unreadable("job-state") - counted == 1
    assert sum(change.position.vector.states) == 3


@pytest.mark.parametrize(
    "fields", [{"attempt": 2**62}, {"stage_index": -3}, {"stage_index": 2**20}]
)
def test_a_report_of_a_run_that_cannot_be_is_left_out(
    rig: Rig, log: Log, fields: dict[str, Any]
) -> None:
    """It would be kept for a state that never comes."""
    # given
    counted = _unreadable("job-progress")
    log.state("a", "PROCESS_1_RUNNING")
    log.report("a", 41, **fields)
    # when
    rig.apply()
    # then
    assert _row(rig, "a").progress == 30
    assert _unreadable("job-progress") - counted == 1


def test_a_row_that_the_file_refuses_is_left_out_by_itself(
    rig: Rig, log: Log, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever a later release forgets to check: the place is said, and reading goes on."""
    # given
    log.submission("bad")
    log.submission("good")
    decode = rig.materializer._decoder.submission

    def unbounded(message: Message) -> Row:
        row = decode(message)
        return row._replace(submitted_at=2**63) if row.job_id == "bad" else row

    rig.materializer._decoder.submission = unbounded  # type: ignore[method-assign]  # a fault to come
    counted = _unreadable("jobs.submitted")
    # when
    change = rig.apply()
    # then
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
    # given
    log.state("a", "PROCESS_1_RUNNING")
    log.state("a", "")
    # when
    rig.apply()
    # then
    assert _row(rig, "a").status == "PROCESS_1_RUNNING"


def test_unreadable_last_records_leave_the_one_before_them(rig: Rig, log: Log) -> None:
    """What a job's last readable record says is what is known of it."""
    # given
    log.state("a", "PROCESS_1_RUNNING")
    log.state("a", "PROCESS_1_DONE")
    log.append("job-state", "a", log.records.state("other", "COMPLETED"))
    log.append("job-state", "a", b"")
    log.append("job-state", "a", b"\xc3\x01garbage!!")
    log.state("b", "PROCESS_1_RUNNING")
    # when
    rig.apply()
    # then
    assert _row(rig, "a").status == "PROCESS_1_DONE"
    assert _row(rig, "b").status == "PROCESS_1_RUNNING"


def test_a_state_that_a_newer_release_wrote_is_where_its_partition_stops(
    rig: Rig, log: Log
) -> None:
    """What it says would be lost if reading went past it; other partitions go on."""
    # given
    counted = _unreadable("job-state")
    newer = b"\xc3\x01\x01\x02\x03\x04\x05\x06\x07\x08body"
    log.state("a", "PROCESS_1_RUNNING")
    log.append("job-state", "a", newer)
    log.append("job-state", "a", newer)
    log.state("b", "PROCESS_1_DONE")
    # when
    change = rig.apply()
    # then
    [((source, partition), halt)] = rig.materializer.halts.items()
    assert (source, halt.offset) == (Source.STATE, 1)
    assert "0102030405060708" in halt.reason
    assert change.position.vector.states[partition] == 1
    assert _row(rig, "a").status == "PROCESS_1_RUNNING"
    assert _row(rig, "b").status == "PROCESS_1_DONE"
    assert _unreadable("job-state") == counted


def test_a_submission_of_an_unknown_schema_is_left_out(rig: Rig, log: Log) -> None:
    """Others write that topic; the first stage answers for what it cannot read."""
    # given
    log.append("jobs.submitted", "a", b"\xc3\x01\x01\x02\x03\x04\x05\x06\x07\x08body")
    # when
    change = rig.apply()
    # then
    assert rig.materializer.halts == {}
    assert sum(change.position.vector.submitted) == 1


def test_of_two_submissions_the_first_counts(rig: Rig, log: Log) -> None:
    """The second is a duplicate, which the first stage drops."""
    # given
    log.submission("a", title="first.csv")
    log.submission("a", title="second.csv")
    # when
    rig.apply()
    # then
    assert _row(rig, "a").title == "first.csv"


def test_a_state_cut_off_behind_its_head_still_shows(rig: Rig, log: Log, records: Records) -> None:
    """The rest of a state is decoded only when it is asked for."""
    # given
    log.append("job-state", "a", records.state("a", "COMPLETED")[:-2])
    rig.apply()
    # when
    shown = rig.views.detail(_row(rig, "a"))
    # then
    assert (shown["status"], shown["progress"], shown["result"]) == ("COMPLETED", 100, [])


def test_the_same_records_read_again_change_nothing(rig: Rig, log: Log) -> None:
    """After a crash between reading and committing they are read again."""
    # given
    log.submission("a")
    log.state("a", "PROCESS_1_RUNNING")
    log.report("a", 35)
    messages = log.take()
    rig.publish(rig.materializer.apply(batch_of(messages)))
    before = _row(rig, "a"), _counts(rig)
    # when
    rig.publish(rig.materializer.apply(batch_of(messages)))
    # then
    assert (_row(rig, "a"), _counts(rig)) == before


def test_a_file_is_gone_on_with_where_it_stopped(rig: Rig, log: Log) -> None:
    """Rows and offsets are committed together, so neither is ahead of the other."""
    # given
    log.submission("a")
    change = rig.apply()
    # when
    offsets = rig.materializer.bind(EPOCH)
    # then
    standing = rig.materializer.standing()
    assert standing.position == change.position
    assert standing.complete
    assert not standing.caught_up
    assert len(offsets) == 3 * PARTITIONS
    assert sum(offsets.values()) == 1


def test_a_batch_that_cannot_be_stored_moves_nothing(rig: Rig, log: Log) -> None:
    """A full disk leaves rows and offsets as they were."""
    # given
    log.submission("a")
    rig.store._db.execute(
        "CREATE TRIGGER full BEFORE INSERT ON offsets BEGIN SELECT RAISE (ABORT, 'disk full'); END"
    )
    # when
    with pytest.raises(sqlite3.IntegrityError, match="disk full"):
        rig.apply()
    # then
    with rig.table.snapshot() as snapshot:
        assert snapshot.job("a") is None
        assert snapshot.counts() == {}


def test_the_table_of_another_epoch_is_dropped(rig: Rig, log: Log) -> None:
    """Its offsets mean nothing in other topics, nor do its jobs."""
    # given
    log.submission("a")
    before = rig.apply()
    # when
    offsets = rig.materializer.bind("another")
    # then
    assert set(offsets.values()) == {0}
    assert not rig.materializer.standing().complete
    assert rig.materializer.standing().sequence > before.sequence
    with rig.table.snapshot() as snapshot:
        assert snapshot.job("a") is None
        assert snapshot.counts() == {}


def test_a_table_ahead_of_kafka_is_forgotten_and_its_ids_with_it(rig: Rig, log: Log) -> None:
    """After a loss of data the same offsets may name other records."""
    # given
    log.submission("a")
    before = rig.apply().position
    # when
    rig.materializer.forget()
    offsets = rig.materializer.bind(EPOCH)
    after = rig.materializer.standing().position
    # then
    assert set(offsets.values()) == {0}
    assert after.epoch != before.epoch
    rig.materializer.bind(EPOCH)
    assert rig.materializer.standing().position == after


@pytest.mark.parametrize("content", [b"no database at all, but long enough to look like one" * 40])
def test_a_damaged_file_is_made_anew(tmp_path: Path, content: bytes) -> None:
    """Everything in it comes from Kafka."""
    # given
    path = tmp_path / FILE_NAME
    path.write_bytes(content)
    # when
    with Store(path) as store:
        store.bind(EPOCH)
        # then
        assert store.offsets() == {}


def test_a_file_of_another_form_is_made_anew(tmp_path: Path) -> None:
    """A newer or older program may have written it."""
    # given
    path = tmp_path / FILE_NAME
    with Store(path) as store:
        store.bind(EPOCH)
        store._db.execute("PRAGMA user_version = 999")
    # when
    with Store(path) as store:
        # then
        assert store.book.epoch == ""


def test_a_folder_serves_one_process(tmp_path: Path) -> None:
    """Two writers of one file would overwrite each other's offsets."""
    # given
    with (
        locked(tmp_path),
        # when
        pytest.raises(SettingsError, match="another process uses it"),
        locked(tmp_path),
    ):
        # then
        pytest.fail("the folder was locked twice")


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """The operator has to see which setting is wrong."""
    # given
    (tmp_path / "file").write_bytes(b"")
    # when
    with pytest.raises(SettingsError, match="DATA_DIR"), locked(tmp_path / "file" / "below"):
        # then
        pytest.fail("the folder was made")


def test_ends_of_partitions_are_noted_and_are_no_records() -> None:
    """Having met each of them is what caught up means."""
    # given
    end = _error(KafkaError._PARTITION_EOF, offset=7)
    # when
    batch = batch_of([end])
    # then
    assert batch.ends == batch.offsets == {(Source.STATE, 2): 7}
    assert len(batch) == 0


@pytest.mark.parametrize(
    ("code", "raised"),
    [
        (KafkaError._AUTO_OFFSET_RESET, OffsetLost),
        (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaException),
        (KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaException),
    ],
)
def test_any_other_notice_ends_the_session(code: int, raised: type[Exception]) -> None:
    """What is wrong is found out by the next one."""
    # given
    notice = _error(code, offset=7)
    # when
    with pytest.raises(raised):
        # then
        batch_of([notice])


def _error(code: int, *, offset: int) -> Message:
    return Message(topic="job-state", partition=2, offset=offset, error=KafkaError(code))


def _row(rig: Rig, job_id: str) -> Row:
    with rig.table.snapshot() as snapshot:
        row = snapshot.job(job_id)
    assert row is not None
    return row


def _counts(rig: Rig) -> dict[str, int]:
    with rig.table.snapshot() as snapshot:
        return snapshot.counts()


def _unreadable(topic: str) -> float:
    return REGISTRY.get_sample_value("headway_status_unreadable_total", {"topic": topic}) or 0.0
