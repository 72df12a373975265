"""Batches of records become rows, committed together with the offsets they end at."""

import sqlite3

import pytest
from support.status.records import Records
from support.status.rig import Rig
from support.status.topics import Log, batch_of


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
    a, b = rig.row("a"), rig.row("b")
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
    assert (rig.row("a").progress, rig.row("a").note) == (41, "at 33")


def test_a_job_known_from_an_earlier_batch_moves_on_in_a_later_one(rig: Rig, log: Log) -> None:
    """Title and submission stay; the row says which record wrote its state."""
    # Given a queued job
    log.submission("a", title="a.csv")
    rig.apply()
    submitted = rig.row("a")

    # When a state of it comes, and a report after that
    log.state("a", "PROCESS_1_RUNNING")
    rig.apply()
    log.report("a", 35)
    rig.apply()

    # Then it has moved, under the title and submission it had, and names a newer record
    row = rig.row("a")
    assert (row.title, row.submitted_at) == ("a.csv", submitted.submitted_at)
    assert (row.status, row.progress) == ("PROCESS_1_RUNNING", 35)
    assert row.origin > submitted.origin
    assert row.state is not None


def test_of_two_submissions_the_first_counts(rig: Rig, log: Log) -> None:
    """The second is a duplicate, which the first stage drops."""
    # Given two submissions of one job
    log.submission("a", title="first.csv")
    log.submission("a", title="second.csv")

    # When they are read
    rig.apply()

    # Then the job has the first one's title
    assert rig.row("a").title == "first.csv"


def test_a_state_cut_off_behind_its_head_still_shows(rig: Rig, log: Log, records: Records) -> None:
    """The rest of a state is decoded only when it is asked for."""
    # Given a finished job whose state lacks its last bytes
    log.append("job-state", "a", records.state("a", "COMPLETED")[:-2])
    rig.apply()

    # When it is shown in full
    shown = rig.views.detail(rig.job("a"))

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
    before = rig.row("a"), rig.counts()

    # When they are stored again
    rig.publish(rig.materializer.apply(batch_of(messages)))

    # Then its row and the counts are as they were
    assert (rig.row("a"), rig.counts()) == before


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
