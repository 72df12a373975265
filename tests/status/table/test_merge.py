"""The rules by which a job moves, without anything around them."""

import pytest
from support.status.rows import DELETED, DONE, FAILED, QUEUED, RUNNING, WAITS

from status.table.merge import (
    Report,
    is_early,
    merge_early,
    merge_report,
    merge_state,
    merge_submission,
)
from status.table.row import Row, rank_of


def test_a_submission_makes_an_unknown_job_queued() -> None:
    """The record in jobs.submitted is the QUEUED state."""
    # Given a job nobody has heard of
    nothing = None

    # When its submission is read
    row = merge_submission(nothing, QUEUED)

    # Then it is queued
    assert row == QUEUED


@pytest.mark.parametrize("known", [QUEUED, RUNNING, DONE, FAILED])
def test_a_submission_never_overwrites_what_is_known(known: Row) -> None:
    """Topics have no order among them, and a second submission is a duplicate."""
    # Given a job that is queued, running, done or failed
    late = QUEUED._replace(submitted_at=5000, title="other.csv")

    # When another submission of it is read
    row = merge_submission(known, late)

    # Then nothing changes
    assert row is None


def test_a_deleted_job_comes_back_only_by_a_younger_submission() -> None:
    """A table that is rebuilt reads the old submission after the tombstone."""
    # Given a deleted job, and a submission of before and one of after
    older, younger = QUEUED, QUEUED._replace(submitted_at=2001)

    # When either is read
    rows = merge_submission(DELETED, older), merge_submission(DELETED, younger)

    # Then the younger alone brings it back
    assert rows == (None, younger)


def test_a_deleted_job_does_not_come_back_by_a_submission_of_its_own_moment() -> None:
    """As old as the tombstone is not younger."""
    # Given a deleted job and a submission of the moment it was deleted
    same = QUEUED._replace(submitted_at=DELETED.submitted_at)

    # When that is read
    row = merge_submission(DELETED, same)

    # Then nothing changes
    assert row is None


def test_a_later_state_replaces_an_earlier_one_and_keeps_the_submission() -> None:
    """Title and time of submission are those first heard of."""
    # Given a queued job, and a state of it with another title and another time of submission
    running = RUNNING._replace(title="renamed.csv", submitted_at=9)

    # When the state is read
    row = merge_state(QUEUED, running)

    # Then the job has moved, under the title and time it had
    assert row == RUNNING


@pytest.mark.parametrize(
    ("known", "late"),
    [(DONE, RUNNING), (DONE._replace(rank=rank_of(2, 1, 0)), FAILED), (RUNNING, QUEUED)],
)
def test_an_earlier_state_is_ignored(known: Row, late: Row) -> None:
    """States move forward by (attempt, stage, step)."""
    # Given a job and a state of before
    # When the state is read
    row = merge_state(known, late)

    # Then nothing changes
    assert row is None


def test_a_stage_that_starts_over_keeps_the_percent_it_had_reached() -> None:
    """After a crash the same RUNNING state is written again, at the stage's first percent."""
    # Given a job in the middle of a stage
    reached = RUNNING._replace(progress=44, note="row 90,000")

    # When the stage begins again
    row = merge_state(reached, RUNNING._replace(origin=9))

    # Then the job stays where it was, written by the newer record
    assert row == reached._replace(origin=9)


def test_a_job_that_is_over_has_the_percent_that_its_state_says() -> None:
    """Reports are kept for an hour, so what they said must not be needed afterwards."""
    # Given a job at 44 percent
    reached = RUNNING._replace(progress=44, note="row 90,000")

    # When it fails at 45
    row = merge_state(reached, FAILED._replace(progress=45))

    # Then it has failed at 45
    assert row == FAILED._replace(progress=45)


def test_a_new_attempt_begins_at_its_own_percent() -> None:
    """An attempt's percent says nothing of the one before."""
    # Given a job that failed at 44 percent
    again = RUNNING._replace(rank=rank_of(2, 1, 0))

    # When its second attempt begins
    row = merge_state(FAILED._replace(progress=44), again)

    # Then it is where a beginning is
    assert row == again


def test_a_tombstone_deletes_and_a_state_after_it_brings_back() -> None:
    """Within a partition of job-state the order of records is the truth."""
    # Given a job that is deleted
    deleted = merge_state(DONE, DELETED)

    # When a state of it comes
    back = merge_state(deleted, RUNNING)

    # Then it is there again
    assert (deleted, back) == (DELETED, RUNNING)


def test_progress_moves_the_running_stage_it_names() -> None:
    """Percent and note come with a report."""
    # Given a running job and a report of the same run
    report = Report("j", rank_of(1, 1, 0), 41, "row 4")

    # When the report is read
    row = merge_report(RUNNING, report, WAITS)

    # Then the job has its percent and its note
    assert row == RUNNING._replace(progress=41, note="row 4")


@pytest.mark.parametrize(
    ("known", "report"),
    [
        (None, Report("j", rank_of(1, 1, 0), 41, "unknown job")),
        (DELETED, Report("j", rank_of(0, 0, 0), 41, "deleted job")),
        (QUEUED, Report("j", rank_of(1, 0, 0), 41, "no stage")),
        (RUNNING, Report("j", rank_of(1, 2, 0), 41, "another stage")),
        (RUNNING, Report("j", rank_of(2, 1, 0), 41, "another attempt")),
        (DONE, Report("j", rank_of(1, 1, 0), 41, "a stage that is over")),
        (FAILED, Report("j", rank_of(1, 1, 0), 41, "a failed job")),
        (RUNNING, Report("j", rank_of(1, 1, 0), 30, "")),
    ],
)
def test_progress_of_anything_else_changes_nothing(known: Row | None, report: Report) -> None:
    """Reports are lossy and come outside any transaction, so most that are late are wrong."""
    # Given a report that is not of the run that goes on, or says nothing new
    # When it is read
    row = merge_report(known, report, WAITS)

    # Then nothing changes
    assert row is None


def test_progress_never_lowers_the_percent() -> None:
    """A stage that started over reports low percents again; the note may still be of use."""
    # Given a job at 44 percent
    reached = RUNNING._replace(progress=44, note="row 90,000")

    # When a report of the same run says 33
    row = merge_report(reached, Report("j", rank_of(1, 1, 0), 33, "row 5"), WAITS)

    # Then the percent stays, and the note is the report's
    assert row == reached._replace(note="row 5")


def test_a_report_is_early_only_before_a_state_that_may_yet_come() -> None:
    """Not where its state is there, and not where the job is deleted."""
    # Given a report of a run
    report = Report("j", RUNNING.rank, 40, "half way")

    # When it meets a job before that run, in it, after it, deleted, or none
    early = [is_early(known, report, WAITS) for known in (None, QUEUED, RUNNING, DONE, DELETED)]

    # Then it is kept where the run may yet come
    assert early == [True, True, False, False, False]


def test_the_first_early_report_counts_as_it_is() -> None:
    """Nothing is added to a report of 0."""
    # Given a report of 0 percent
    report = Report("j", RUNNING.rank, 0, "begun")

    # When it is the first that is kept
    first = merge_early(None, report)

    # Then it is kept as it is, and yields to no lower one
    assert first == report
    assert merge_early(report._replace(progress=40), report).progress == 40
