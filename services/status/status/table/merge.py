"""How a job's row moves: forward only. Pure; what is stored and what is read are both `Row`s.

Within one partition of job-state the order of records is the truth, because writers are fenced.
Across topics there is no order, so what a row says depends on none: a submission never overwrites
a state, a report counts only while the stage it names is running, and one that is read before the
state it belongs to is kept until then (`Row` and `Report` are both ordered by rank).
"""

from typing import NamedTuple

from status.table.row import Row, is_running


class Report(NamedTuple):
    """What job-progress says of one run of a stage; `rank` is that of the run's state."""

    job_id: str
    rank: int
    progress: int
    note: str


def merge_submission(current: Row | None, new: Row) -> Row | None:
    """The row after a submission was read; None if nothing changes.

    A second submission of a job is a duplicate. A deleted job comes back only by a submission
    younger than its deletion.
    """
    if current is None:
        return new
    return new if current.gone and new.submitted_at > current.submitted_at else None


def merge_state(current: Row | None, new: Row) -> Row | None:
    """The row after a state was read; None if the state is older than what is known.

    A stage that starts over keeps the percent it had reported; any other state has its own, so
    that the percent of a job that is over is the same whoever reads it, and when.
    """
    if current is None or current.gone or new.gone:
        return new
    if new.rank < current.rank:
        return None
    again = new.rank == current.rank and is_running(new.rank)
    return new._replace(
        submitted_at=current.submitted_at,
        title=current.title,
        progress=max(new.progress, current.progress) if again else new.progress,
        note=current.note if again else "",
    )


def merge_report(current: Row | None, report: Report) -> Row | None:
    """The row after progress was read; None if it is not of the run that goes on, or no news."""
    if current is None or current.gone:
        return None
    if current.rank != report.rank or not is_running(report.rank):
        return None
    progress = max(current.progress, report.progress)
    if (progress, report.note) == (current.progress, current.note):
        return None
    return current._replace(progress=progress, note=report.note)


def is_early(current: Row | None, report: Report) -> bool:
    """Whether the state that *report* belongs to may yet come."""
    return current is None or (not current.gone and current.rank < report.rank)


def merge_early(earlier: Report | None, report: Report) -> Report:
    """What two reports of one run say together."""
    best = earlier.progress if earlier else 0
    return report._replace(progress=max(best, report.progress))
