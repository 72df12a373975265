"""The rules by which a job moves, without anything around them."""

import random

import pytest

from status.merge import Draft, Report, Write, merge_report, merge_state, merge_submission
from status.row import GONE, QUEUED_RANK, Row, rank_of

QUEUED = Row("j", QUEUED_RANK, "QUEUED", 0, 1000, "data.csv", "", 1, None)
RUNNING = Row("j", rank_of(1, 1, 0), "PROCESS_1_RUNNING", 30, 1000, "data.csv", "", 2, b"r")
DONE = Row("j", rank_of(1, 1, 1), "PROCESS_1_DONE", 50, 1000, "data.csv", "", 3, b"d")
FAILED = Row("j", rank_of(1, 1, 1), "FAILED", 30, 1000, "data.csv", "", 3, b"f")
DELETED = Row("j", 0, GONE, 0, 2000, "", "", 4, None)


def test_a_submission_makes_an_unknown_job_queued() -> None:
    """The record in jobs.submitted is the QUEUED state."""
    # given
    nothing = None
    # when
    row = merge_submission(nothing, QUEUED)
    # then
    assert row == QUEUED


@pytest.mark.parametrize("known", [QUEUED, RUNNING, DONE, FAILED])
def test_a_submission_never_overwrites_what_is_known(known: Row) -> None:
    """Topics have no order among them, and a second submission is a duplicate."""
    # given
    late = QUEUED._replace(submitted_at=5000, title="other.csv")
    # when
    row = merge_submission(known, late)
    # then
    assert row is None


def test_a_deleted_job_comes_back_only_by_a_younger_submission() -> None:
    """A table that is rebuilt reads the old submission after the tombstone."""
    # given
    older, younger = QUEUED, QUEUED._replace(submitted_at=2001)
    # when
    rows = merge_submission(DELETED, older), merge_submission(DELETED, younger)
    # then
    assert rows == (None, younger)


def test_a_later_state_replaces_an_earlier_one_and_keeps_the_submission() -> None:
    """Title and time of submission are those first heard of."""
    # given
    running = RUNNING._replace(title="renamed.csv", submitted_at=9)
    # when
    row = merge_state(QUEUED, running)
    # then
    assert row == RUNNING


@pytest.mark.parametrize(
    ("known", "late"),
    [(DONE, RUNNING), (DONE._replace(rank=rank_of(2, 1, 0)), FAILED), (RUNNING, QUEUED)],
)
def test_an_earlier_state_is_ignored(known: Row, late: Row) -> None:
    """States move forward by (attempt, stage, step)."""
    # given: a state and one from before it
    # when
    row = merge_state(known, late)
    # then
    assert row is None


def test_a_stage_that_starts_over_keeps_the_percent_it_had_reached() -> None:
    """After a crash the same RUNNING state is written again, at the stage's first percent."""
    # given
    reached = RUNNING._replace(progress=44, note="row 90,000")
    # when
    row = merge_state(reached, RUNNING._replace(origin=9))
    # then
    assert row == reached._replace(origin=9)


def test_a_job_that_fails_keeps_the_percent_it_had_reached() -> None:
    """A bar that stops shows where; it does not jump back."""
    # given
    reached = RUNNING._replace(progress=44, note="row 90,000")
    # when
    row = merge_state(reached, FAILED)
    # then
    assert row == FAILED._replace(progress=44)


def test_a_new_attempt_begins_at_its_own_percent() -> None:
    """An attempt's percent says nothing of the one before."""
    # given
    again = RUNNING._replace(rank=rank_of(2, 1, 0))
    # when
    row = merge_state(FAILED._replace(progress=44), again)
    # then
    assert row == again


def test_a_tombstone_deletes_and_a_state_after_it_brings_back() -> None:
    """Within a partition of job-state the order of records is the truth."""
    # given
    deleted = merge_state(DONE, DELETED)
    # when
    back = merge_state(deleted, RUNNING)
    # then
    assert (deleted, back) == (DELETED, RUNNING)


def test_progress_moves_the_running_stage_it_names() -> None:
    """Percent and note come with a report."""
    # given
    report = Report("j", 1, 1, 41, "row 4")
    # when
    row = merge_report(RUNNING, report)
    # then
    assert row == RUNNING._replace(progress=41, note="row 4")


@pytest.mark.parametrize(
    ("known", "report"),
    [
        (None, Report("j", 1, 1, 41, "unknown job")),
        (DELETED, Report("j", 0, 0, 41, "deleted job")),
        (QUEUED, Report("j", 1, 0, 41, "no stage")),
        (RUNNING, Report("j", 1, 2, 41, "another stage")),
        (RUNNING, Report("j", 2, 1, 41, "another attempt")),
        (DONE, Report("j", 1, 1, 41, "a stage that is over")),
        (FAILED, Report("j", 1, 1, 30, "a failed job")),
        (RUNNING, Report("j", 1, 1, 30, "")),
    ],
)
def test_progress_of_anything_else_changes_nothing(known: Row | None, report: Report) -> None:
    """Reports are lossy and come outside any transaction, so most that are late are wrong."""
    # given: a row and a report that is not of the run that goes on, or says nothing new
    # when
    row = merge_report(known, report)
    # then
    assert row is None


def test_progress_read_after_the_failure_still_tells_how_far_the_stage_got() -> None:
    """A table that is rebuilt reads it then, and must not show less than before."""
    # given
    report = Report("j", 1, 1, 41, "row 4")
    # when
    row = merge_report(FAILED, report)
    # then
    assert row == FAILED._replace(progress=41)


def test_progress_never_lowers_the_percent() -> None:
    """A stage that started over reports low percents again; the note may still be of use."""
    # given
    reached = RUNNING._replace(progress=44, note="row 90,000")
    # when
    row = merge_report(reached, Report("j", 1, 1, 33, "row 5"))
    # then
    assert row == reached._replace(note="row 5")


def test_a_draft_writes_no_more_of_a_row_than_has_changed() -> None:
    """New rows are written whole, known ones in part, each once."""
    # given
    draft = Draft({"old": RUNNING._replace(job_id="old"), "moved": QUEUED._replace(job_id="moved")})
    # when
    draft.submissions([QUEUED, QUEUED._replace(job_id="old")])
    draft.states([RUNNING, RUNNING._replace(job_id="moved")])
    draft.reports([Report("j", 1, 1, 35, ""), Report("old", 1, 1, 36, "")])
    # then
    written = {write: [row.job_id for row in draft.written(write)] for write in Write}
    assert written == {Write.WHOLE: ["j"], Write.STATE: ["moved"], Write.PROGRESS: ["old"]}
    assert draft.written(Write.WHOLE)[0].progress == 35
    assert draft.statuses() == {"PROCESS_1_RUNNING": 2, "QUEUED": -1}


def test_any_order_among_the_topics_ends_at_the_same_row() -> None:
    """Only the order within job-state counts; the percent may know more or less of reports."""
    # given
    rng = random.Random(7)
    states = [RUNNING, DONE, DONE._replace(rank=rank_of(1, 2, 0), status="PROCESS_2_RUNNING")]
    ends = set()
    for _ in range(200):
        # when
        merged: list[object] = list(states)
        for extra in (QUEUED, Report("j", 1, 1, 41, "x"), QUEUED._replace(submitted_at=7)):
            merged.insert(rng.randrange(len(merged) + 1), extra)
        row = _merged(merged)
        ends.add((row.rank, row.status, row.progress, row.state))
    # then
    assert ends == {(rank_of(1, 2, 0), "PROCESS_2_RUNNING", 50, b"d")}


def _merged(items: list[object]) -> Row:
    row: Row | None = None
    for item in items:
        if isinstance(item, Report):
            row = merge_report(row, item) or row
        elif isinstance(item, Row) and item.state is None:
            row = merge_submission(row, item) or row
        elif isinstance(item, Row):
            row = merge_state(row, item) or row
    assert row is not None
    return row
