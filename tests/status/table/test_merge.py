"""The rules by which a job moves, without anything around them."""

import random
from typing import Any

import pytest

from status.table.draft import Draft, Write
from status.table.merge import (
    Report,
    is_early,
    merge_early,
    merge_report,
    merge_state,
    merge_submission,
)
from status.table.row import GONE, QUEUED_RANK, Row, rank_of

QUEUED = Row("j", QUEUED_RANK, "QUEUED", 0, 1000, "data.csv", "", 1, None)
RUNNING = Row("j", rank_of(1, 1, 0), "PROCESS_1_RUNNING", 30, 1000, "data.csv", "", 2, b"r")
DONE = Row("j", rank_of(1, 1, 1), "PROCESS_1_DONE", 50, 1000, "data.csv", "", 3, b"d")
FAILED = Row("j", rank_of(1, 1, 1), "FAILED", 30, 1000, "data.csv", "", 3, b"f")
DELETED = Row("j", 0, GONE, 0, 2000, "", "", 4, None)


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
    row = merge_report(RUNNING, report)

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
    row = merge_report(known, report)

    # Then nothing changes
    assert row is None


def test_progress_never_lowers_the_percent() -> None:
    """A stage that started over reports low percents again; the note may still be of use."""
    # Given a job at 44 percent
    reached = RUNNING._replace(progress=44, note="row 90,000")

    # When a report of the same run says 33
    row = merge_report(reached, Report("j", rank_of(1, 1, 0), 33, "row 5"))

    # Then the percent stays, and the note is the report's
    assert row == reached._replace(note="row 5")


def test_a_draft_writes_no_more_of_a_row_than_has_changed() -> None:
    """New rows are written whole, known ones in part, each once."""
    # Given a draft that knows a running job and a queued one
    draft = Draft({"old": RUNNING._replace(job_id="old"), "moved": QUEUED._replace(job_id="moved")})

    # When a new job comes and runs, the queued one moves on, and the running one reports
    draft.submissions([QUEUED, QUEUED._replace(job_id="old")])
    draft.states([RUNNING, RUNNING._replace(job_id="moved")])
    draft.reports([Report("j", rank_of(1, 1, 0), 35, ""), Report("old", rank_of(1, 1, 0), 36, "")])

    # Then the first is written whole, of the second the state, of the third the progress
    written = {write: [row.job_id for row in draft.written(write)] for write in Write}
    assert written == {Write.WHOLE: ["j"], Write.STATE: ["moved"], Write.PROGRESS: ["old"]}
    assert draft.written(Write.WHOLE)[0].progress == 35
    assert draft.statuses() == {"PROCESS_1_RUNNING": 2, "QUEUED": -1}


def test_a_report_read_before_its_state_counts_when_the_state_comes() -> None:
    """The topics have no order among them; a replica that reads one first must not know less."""
    # Given reports of three stages, read before any state
    first = Draft({})
    first.reports([report(1, 41), report(1, 35), report(2, 75), report(3, 99)])

    # When the state of the first stage comes
    second = Draft({}, first.early()[1])
    second.states([RUNNING])

    # Then it has the first stage's highest report, and those of the others are kept
    assert second.written(Write.WHOLE) == [RUNNING._replace(progress=41, note="at 35")]
    assert [early.rank for early in second.early()[1]] == [rank_of(1, 2, 0), rank_of(1, 3, 0)]


def test_early_reports_of_a_job_that_is_deleted_are_forgotten() -> None:
    """Another job of that name must not begin with them."""
    # Given a running job with an early report of its second stage
    draft = Draft({"j": RUNNING}, [report(2, 75)])

    # When the job is deleted
    draft.states([DELETED])

    # Then no report of it is kept
    assert draft.early() == (["j"], [])


@pytest.mark.parametrize("seed", range(40))
def test_any_order_among_the_topics_ends_at_the_same_row(seed: int) -> None:
    """Only the order within a topic counts; so replicas agree, live or rebuilt."""
    # Given the records of a job's life, and a second submission of it
    rng = random.Random(seed)
    states, reports = a_life(rng)
    submissions = [QUEUED, QUEUED._replace(submitted_at=1007)]

    # When the topics are read in thirty orders, and once with only the last state left
    ends = [read_in_any_order(rng, submissions, states, reports)[-1] for _ in range(30)]
    compacted = read_in_any_order(rng, submissions, states[-1:], reports)[-1]

    # Then the row is the same in the end
    assert set(ends) == {compacted}


@pytest.mark.parametrize("seed", range(40))
def test_whatever_the_order_of_the_topics_no_percent_ever_falls(seed: int) -> None:
    """Not when a stage starts over, not when it ends, not when it fails."""
    # Given the records of a job's life
    rng = random.Random(seed)
    states, reports = a_life(rng)

    # When the topics are read in some order
    shown = read_in_any_order(rng, [QUEUED], states, reports)

    # Then what is shown never falls
    assert [row.progress for row in shown] == sorted(row.progress for row in shown)


def a_life(rng: random.Random) -> tuple[list[Row], list[Report]]:
    """The states of a job that may start over and may fail, and what was reported of it."""
    states: list[Row] = []
    reports: list[Report] = []
    for stage, low in ((1, 30), (2, 70)):
        reached = low
        for _ in range(rng.choice((1, 1, 2))):
            states.append(state(stage, 0, f"PROCESS_{stage}_RUNNING", low, len(states)))
            for _ in range(rng.randrange(4)):
                percent = low + rng.randrange(20)
                reached = max(reached, percent)
                reports.append(report(stage, percent))
        if rng.random() < 0.3:
            states.append(state(stage, 1, "FAILED", reached, len(states)))
            break
        states.append(state(stage, 1, f"PROCESS_{stage}_DONE", low + 20, len(states)))
    # It may still be on its way.
    states = states[: rng.randint(1, len(states))]
    return states, [report for report in reports if report.rank <= states[-1].rank]


def state(stage: int, step: int, status: str, progress: int, number: int) -> Row:
    """The row of one record of job-state."""
    return RUNNING._replace(
        rank=rank_of(1, stage, step), status=status, progress=progress, origin=10 + number
    )


def report(stage: int, progress: int) -> Report:
    return Report("j", rank_of(1, stage, 0), progress, f"at {progress}")


def read_in_any_order(
    rng: random.Random, submissions: list[Row], states: list[Row], reports: list[Report]
) -> list[Row]:
    """The rows that are shown batch after batch, each topic in its own order."""
    topics: list[list[Any]] = [list(submissions), list(states), list(reports)]
    row: Row | None = None
    early: list[Report] = []
    shown: list[Row] = []
    while any(topics):
        parts = [[topic.pop(0) for _ in range(rng.randint(0, len(topic)))] for topic in topics]
        draft = Draft({"j": row} if row else {}, early)
        draft.submissions(parts[0])
        draft.states(parts[1])
        draft.reports(parts[2])
        for moved in (r for write in Write for r in draft.written(write)):
            row = moved
            shown.append(moved)
        jobs, kept = draft.early()
        early = kept if jobs else early
    return shown


def test_a_deleted_job_does_not_come_back_by_a_submission_of_its_own_moment() -> None:
    """As old as the tombstone is not younger."""
    # Given a deleted job and a submission of the moment it was deleted
    same = QUEUED._replace(submitted_at=DELETED.submitted_at)

    # When that is read
    row = merge_submission(DELETED, same)

    # Then nothing changes
    assert row is None


def test_a_report_is_early_only_before_a_state_that_may_yet_come() -> None:
    """Not where its state is there, and not where the job is deleted."""
    # Given a report of a run
    report = Report("j", RUNNING.rank, 40, "half way")

    # When it meets a job before that run, in it, after it, deleted, or none
    early = [is_early(known, report) for known in (None, QUEUED, RUNNING, DONE, DELETED)]

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
