"""What a batch makes of the rows it meets."""

from support.status.rows import DELETED, FAILED, QUEUED, RUNNING, WAITING, WAITS, report

from status.table.draft import Draft, Write, counted
from status.table.merge import Report
from status.table.row import rank_of


def test_a_draft_writes_no_more_of_a_row_than_has_changed() -> None:
    """New rows are written whole, known ones in part, each once."""
    # Given a draft that knows a running job and a queued one
    draft = Draft(
        {"old": RUNNING._replace(job_id="old"), "moved": QUEUED._replace(job_id="moved")},
        waiting=WAITS,
    )

    # When a new job comes and runs, the queued one moves on, and the running one reports
    draft.submissions([QUEUED, QUEUED._replace(job_id="old")])
    draft.states([RUNNING, RUNNING._replace(job_id="moved")])
    draft.reports([Report("j", rank_of(1, 1, 0), 35, ""), Report("old", rank_of(1, 1, 0), 36, "")])

    # Then the first is written whole, of the second the state, of the third the progress
    written = {write: [row.job_id for row in draft.written(write)] for write in Write}
    assert written == {Write.WHOLE: ["j"], Write.STATE: ["moved"], Write.PROGRESS: ["old"]}
    assert draft.written(Write.WHOLE)[0].progress == 35
    assert counted(draft.moves()) == {("PROCESS_1_RUNNING", 1): 2, ("QUEUED", 0): -1}


def test_a_report_read_before_its_state_counts_when_the_state_comes() -> None:
    """The topics have no order among them; a replica that reads one first must not know less."""
    # Given reports of three stages, read before any state
    first = Draft({}, waiting=WAITS)
    first.reports([report(1, 41), report(1, 35), report(2, 75), report(3, 99)])

    # When the state of the first stage comes
    second = Draft({}, first.early()[1], waiting=WAITS)
    second.states([RUNNING])

    # Then it has the first stage's highest report, and those of the others are kept
    assert second.written(Write.WHOLE) == [RUNNING._replace(progress=41, note="at 35")]
    assert [early.rank for early in second.early()[1]] == [rank_of(1, 2, 0), rank_of(1, 3, 0)]


def test_early_reports_of_a_job_that_is_deleted_are_forgotten() -> None:
    """Another job of that name must not begin with them."""
    # Given a running job with an early report of its second stage
    draft = Draft({"j": RUNNING}, [report(2, 75)], waiting=WAITS)

    # When the job is deleted
    draft.states([DELETED])

    # Then no report of it is kept
    assert draft.early() == (["j"], [])


def test_no_report_moves_a_job_that_waits_to_be_tried_again() -> None:
    """It is kept: the next run may have begun, and its RUNNING comes later than its reports."""
    # Given a job that waits at 40 percent, put off by a newer record than that of its run
    waits = RUNNING._replace(status=WAITING, progress=40, note="row 4", origin=7)
    draft = Draft({"j": waits}, waiting=WAITS)

    # When a report of its rank is read, and then the RUNNING of its next run
    draft.reports([report(1, 45)])
    meanwhile = draft.changed()
    runs = RUNNING._replace(origin=8)
    draft.states([runs])

    # Then the job did not move, and is then where both say
    assert meanwhile == []
    assert draft.written(Write.STATE) == [runs._replace(progress=45, note="at 45")]
    assert draft.early() == (["j"], [])


def test_a_job_that_is_put_off_keeps_its_percent() -> None:
    """The note is kept for the next run, and not shown."""
    # Given a job at work at 44 percent
    draft = Draft({"j": RUNNING._replace(progress=44, note="row 4")}, waiting=WAITS)

    # When it is put off, by a stage that knows of 30 percent
    put_off = RUNNING._replace(status=WAITING, origin=7)
    draft.states([put_off])

    # Then it stays where it was
    assert draft.written(Write.STATE) == [put_off._replace(progress=44, note="row 4")]


def test_a_redrive_opens_the_next_attempt_where_the_job_waits() -> None:
    """RETRY_SCHEDULED of a higher attempt is above whatever ended the one before."""
    # Given a job that failed
    draft = Draft({"j": FAILED}, waiting=WAITS)

    # When its next attempt waits in the stage that failed
    again = RUNNING._replace(rank=rank_of(2, 1, 0), status=WAITING, origin=9)
    draft.states([again])

    # Then it is there
    assert draft.written(Write.WHOLE) == [again]
