"""How a job's row moves: forward only. Pure; what is stored and what is read are both `Row`s.

A row is the state of the highest rank, and the last one in the topic where there are several: so it
depends on no order in which records are read. What is of a lower attempt changes nothing, a
terminal state is above all others of its attempt, and an attempt ends once, since writers are
fenced. A submission never overwrites a state of its attempt. A report counts only while the run
that it names goes on, and one that is read before the state it belongs to is kept until then (`Row`
and `Report` are both ordered by rank). Of deletions alone the order within job-state tells,
and whether a submission is of a time or an attempt behind them.

A job that is held, or waits to be tried again, has the rank of the run before and of that to come.
No report moves it: one that comes meanwhile is kept for the next run, which may have begun already.
The note of the last run stays in the row, unseen, as what was read before its end and what was read
after must come to the same.
"""

from collections.abc import Collection
from typing import NamedTuple

from status.table.row import Row, is_queued, is_running


class Report(NamedTuple):
    """What job-progress says of one run of a stage; `rank` is that of the run's state."""

    job_id: str
    rank: int
    progress: int
    note: str


def merge_submission(current: Row | None, new: Row) -> Row | None:
    """The row after a submission was read; None if nothing changes.

    A second submission of an attempt is a duplicate, one of a higher attempt opens the job again. A
    deleted job comes back only by a submission younger than its deletion; where that says up to
    which attempt there was, by a higher one: of others the first stage knows that they were done.
    """
    if current is None:
        return new
    opens = _returns(new, current) if current.gone else _opens(new, current)
    return new if opens else None


def merge_state(current: Row | None, new: Row) -> Row | None:
    """The row after a state was read; None if the state is older than what is known.

    Title, tags and time of submission are those first heard of in the attempt. A stage that starts
    over keeps the percent it had reported; any other state has its own, so that the percent of a
    job that is over is the same whoever reads it, and when.
    """
    if current is None or current.gone:
        return new
    if new.gone:
        return None if is_queued(current.rank) and _returns(current, new) else new
    if _opens(new, current):
        return new
    if (new.rank, new.origin) <= (current.rank, current.origin):
        return None
    again = new.rank == current.rank and is_running(new.rank)
    return new._replace(
        submitted_at=current.submitted_at,
        title=current.title,
        tags=current.tags,
        progress=max(new.progress, current.progress) if again else new.progress,
        note=current.note if again else "",
    )


def _returns(submission: Row, mark: Row) -> bool:
    if mark.attempt:
        return submission.attempt > mark.attempt
    return submission.submitted_at > mark.submitted_at


def _opens(new: Row, current: Row) -> bool:
    return new.attempt > current.attempt


def merge_report(current: Row | None, report: Report, waiting: Collection[str]) -> Row | None:
    """The row after progress was read; None if it is not of the run that goes on, or no news.

    *waiting* are the statuses of jobs that a stage will run, and does not yet.
    """
    if current is None or current.gone or current.status in waiting:
        return None
    if current.rank != report.rank or not is_running(report.rank):
        return None
    progress = max(current.progress, report.progress)
    if (progress, report.note) == (current.progress, current.note):
        return None
    return current._replace(progress=progress, note=report.note)


def is_early(current: Row | None, report: Report, waiting: Collection[str]) -> bool:
    """Whether the state that *report* belongs to may yet come."""
    if current is None:
        return True
    to_come = (
        report.rank >= current.rank if current.status in waiting else report.rank > current.rank
    )
    return to_come and not current.gone


def merge_early(earlier: Report | None, report: Report) -> Report:
    """What two reports of one run say together."""
    best = earlier.progress if earlier else 0
    return report._replace(progress=max(best, report.progress))
