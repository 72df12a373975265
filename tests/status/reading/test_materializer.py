"""Batches of records become rows, committed together with the offsets they end at."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException, Message
from prometheus_client import REGISTRY
from support.status.records import Records
from support.status.rig import EPOCH, Rig
from support.status.topics import PARTITIONS, Log, batch_of

from headway.base.errors import SettingsError
from status.reading.batch import OffsetLost
from status.table.database import FILE_NAME, locked
from status.table.position import Source
from status.table.row import Row
from status.table.store import Store


def test_a_batch_leaves_of_each_job_what_its_last_records_say(rig: Rig, log: Log) -> None:
    """States, submissions and progress of one batch are merged before anything is written."""
    # Given a batch with all kinds of records of one job, and another's submission
    log.state("a", "PROCESS_1_RUNNING")
    log.submission("a", title="a.csv")
    log.report("a", 33)
    log.report("a", 41)
    log.submission("b")

    # When it is stored
    change = rig.apply()

    # Then the first job is where its state and its last report say, the other is queued
    a, b = _row(rig, "a"), _row(rig, "b")
    assert (a.status, a.progress, a.note) == ("PROCESS_1_RUNNING", 41, "at 41")
    assert (b.status, b.progress, b.state) == ("QUEUED", 0, None)
    assert set(change.job_ids) == {"a", "b"}


def test_of_several_reports_in_a_batch_the_highest_percent_counts(rig: Rig, log: Log) -> None:
    """A stage that started over reports lower ones; batches are cut anywhere."""
    # Given a running job with two reports, the lower percent last
    log.state("a", "PROCESS_1_RUNNING")
    log.report("a", 41)
    log.report("a", 33)

    # When they are stored
    rig.apply()

    # Then the job is at the higher percent, with its note
    assert (_row(rig, "a").progress, _row(rig, "a").note) == (41, "at 33")


def test_a_job_known_from_an_earlier_batch_moves_on_in_a_later_one(rig: Rig, log: Log) -> None:
    """Title and submission stay; the row says which record wrote its state."""
    # Given a queued job
    log.submission("a", title="a.csv")
    rig.apply()
    submitted = _row(rig, "a")

    # When a state of it comes, and a report after that
    log.state("a", "PROCESS_1_RUNNING")
    rig.apply()
    log.report("a", 35)
    rig.apply()

    # Then it has moved, under the title and submission it had, and names a newer record
    row = _row(rig, "a")
    assert (row.title, row.submitted_at) == ("a.csv", submitted.submitted_at)
    assert (row.status, row.progress) == ("PROCESS_1_RUNNING", 35)
    assert row.origin > submitted.origin
    assert row.state is not None


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
    # Given a running job, a state of it beyond what a row can hold, and another job's state
    counted = _unreadable("job-state")
    log.state("bad", "PROCESS_1_RUNNING")
    log.state("bad", "PROCESS_1_DONE", **fields)
    log.state("good", "PROCESS_1_DONE")

    # When they are read
    change = rig.apply()

    # Then the first job is as before, the other has moved, and one record is counted as unreadable
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
    # Given a running job and a report of an attempt or stage that no job can have
    counted = _unreadable("job-progress")
    log.state("a", "PROCESS_1_RUNNING")
    log.report("a", 41, **fields)

    # When they are read
    rig.apply()

    # Then the job is where its state says, and the report is counted as unreadable
    assert _row(rig, "a").progress == 30
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
    assert _row(rig, "a").status == "PROCESS_1_RUNNING"


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
    assert _row(rig, "a").status == "PROCESS_1_DONE"
    assert _row(rig, "b").status == "PROCESS_1_RUNNING"


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
    assert change.position.vector.states[partition] == 1
    assert _row(rig, "a").status == "PROCESS_1_RUNNING"
    assert _row(rig, "b").status == "PROCESS_1_DONE"
    assert _unreadable("job-state") == counted


def test_a_submission_of_an_unknown_schema_is_left_out(rig: Rig, log: Log) -> None:
    """Others write that topic; the first stage answers for what it cannot read."""
    # Given a submission of a schema this release does not know
    log.append("jobs.submitted", "a", b"\xc3\x01\x01\x02\x03\x04\x05\x06\x07\x08body")

    # When it is read
    change = rig.apply()

    # Then no partition stands, and it is behind the reader
    assert rig.materializer.halts == {}
    assert sum(change.position.vector.submitted) == 1


def test_of_two_submissions_the_first_counts(rig: Rig, log: Log) -> None:
    """The second is a duplicate, which the first stage drops."""
    # Given two submissions of one job
    log.submission("a", title="first.csv")
    log.submission("a", title="second.csv")

    # When they are read
    rig.apply()

    # Then the job has the first one's title
    assert _row(rig, "a").title == "first.csv"


def test_a_state_cut_off_behind_its_head_still_shows(rig: Rig, log: Log, records: Records) -> None:
    """The rest of a state is decoded only when it is asked for."""
    # Given a finished job whose state lacks its last bytes
    log.append("job-state", "a", records.state("a", "COMPLETED")[:-2])
    rig.apply()

    # When it is shown in full
    shown = rig.views.detail(_row(rig, "a"))

    # Then it is finished, with nothing of what was cut off
    assert (shown["status"], shown["progress"], shown["result"]) == ("COMPLETED", 100, [])


def test_the_same_records_read_again_change_nothing(rig: Rig, log: Log) -> None:
    """After a crash between reading and committing they are read again."""
    # Given a job whose records have been stored
    log.submission("a")
    log.state("a", "PROCESS_1_RUNNING")
    log.report("a", 35)
    messages = log.take()
    rig.publish(rig.materializer.apply(batch_of(messages)))
    before = _row(rig, "a"), _counts(rig)

    # When they are stored again
    rig.publish(rig.materializer.apply(batch_of(messages)))

    # Then its row and the counts are as they were
    assert (_row(rig, "a"), _counts(rig)) == before


def test_a_file_is_gone_on_with_where_it_stopped(rig: Rig, log: Log) -> None:
    """Rows and offsets are committed together, so neither is ahead of the other."""
    # Given a table with one record in it
    log.submission("a")
    change = rig.apply()

    # When it is opened again for the same topics
    offsets = rig.materializer.bind(EPOCH)

    # Then it is whole, stands where it stood, and has yet to meet the ends of the topics
    standing = rig.materializer.standing()
    assert standing.position == change.position
    assert standing.complete
    assert not standing.caught_up
    assert len(offsets) == 3 * PARTITIONS
    assert sum(offsets.values()) == 1


def test_a_batch_that_cannot_be_stored_moves_nothing(rig: Rig, log: Log) -> None:
    """A full disk leaves rows and offsets as they were."""
    # Given a job to store, and a disk that is full when the offsets are written
    log.submission("a")
    rig.store._db.execute(
        "CREATE TRIGGER full BEFORE INSERT ON offsets BEGIN SELECT RAISE (ABORT, 'disk full'); END"
    )

    # When it is stored, which fails
    with pytest.raises(sqlite3.IntegrityError, match="disk full"):
        rig.apply()

    # Then the job is not there either
    with rig.table.snapshot() as snapshot:
        assert snapshot.job("a") is None
        assert snapshot.counts() == {}


def test_the_table_of_another_epoch_is_dropped(rig: Rig, log: Log) -> None:
    """Its offsets mean nothing in other topics, nor do its jobs."""
    # Given a table with a job
    log.submission("a")
    before = rig.apply()

    # When it is opened for other topics
    offsets = rig.materializer.bind("another")

    # Then it is empty, begins at their beginning, and counts its commits on
    assert set(offsets.values()) == {0}
    assert not rig.materializer.standing().complete
    assert rig.materializer.standing().sequence > before.sequence
    with rig.table.snapshot() as snapshot:
        assert snapshot.job("a") is None
        assert snapshot.counts() == {}


def test_a_table_ahead_of_kafka_is_forgotten_and_its_ids_with_it(rig: Rig, log: Log) -> None:
    """After a loss of data the same offsets may name other records."""
    # Given a table with a job
    log.submission("a")
    before = rig.apply().position

    # When it is forgotten and opened for the same topics
    rig.materializer.forget()
    offsets = rig.materializer.bind(EPOCH)
    after = rig.materializer.standing().position

    # Then it begins anew, under an epoch of its own that lasts
    assert set(offsets.values()) == {0}
    assert after.epoch != before.epoch
    rig.materializer.bind(EPOCH)
    assert rig.materializer.standing().position == after


@pytest.mark.parametrize("content", [b"no database at all, but long enough to look like one" * 40])
def test_a_damaged_file_is_made_anew(tmp_path: Path, content: bytes) -> None:
    """Everything in it comes from Kafka."""
    # Given a file that is no database
    path = tmp_path / FILE_NAME
    path.write_bytes(content)

    # When it is opened
    with Store(path) as store:
        store.bind(EPOCH)

        # Then it is an empty one
        assert store.offsets() == {}


def test_a_file_of_another_form_is_made_anew(tmp_path: Path) -> None:
    """A newer or older program may have written it."""
    # Given a table of a version this release does not know
    path = tmp_path / FILE_NAME
    with Store(path) as store:
        store.bind(EPOCH)
        store._db.execute("PRAGMA user_version = 999")

    # When it is opened
    with Store(path) as store:
        # Then it is an empty one
        assert store.book.epoch == ""


def test_a_folder_serves_one_process(tmp_path: Path) -> None:
    """Two writers of one file would overwrite each other's offsets."""
    # Given a folder that is in use
    with (
        locked(tmp_path),
        # When it is taken again, then that is refused
        pytest.raises(SettingsError, match="another process uses it"),
        locked(tmp_path),
    ):
        pytest.fail("the folder was locked twice")


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """The operator has to see which setting is wrong."""
    # Given a file where the folder would lie
    (tmp_path / "file").write_bytes(b"")

    # When the folder is taken, then the setting is named
    with pytest.raises(SettingsError, match="DATA_DIR"), locked(tmp_path / "file" / "below"):
        pytest.fail("the folder was made")


def test_ends_of_partitions_are_noted_and_are_no_records() -> None:
    """Having met each of them is what caught up means."""
    # Given the notice that a partition ends
    end = _error(KafkaError._PARTITION_EOF, offset=7)

    # When it is in a batch
    batch = batch_of([end])

    # Then the end is noted as an offset, and there is no record
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
    # Given the notice of a fault
    notice = _error(code, offset=7)

    # When it is in a batch, then the batch is refused
    with pytest.raises(raised):
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
