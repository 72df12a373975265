"""How a job's row moves: forward only. Pure; what is stored and what is read are both `Row`s.

Within one partition of job-state the order of records is the truth, because writers are fenced.
Across topics there is no order, so a submission never overwrites a state, and progress counts
only for the attempt and the stage that the row is in.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import NamedTuple

from status.row import QUEUED_RANK, Row, attempt_of, rank_of, stage_of


class Report(NamedTuple):
    """What one job-progress record says."""

    job_id: str
    attempt: int
    stage_index: int
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

    Within an attempt the percent never falls: not when a stage starts over, not when it fails.
    """
    if current is None or current.gone or new.gone:
        return new
    if new.rank < current.rank:
        return None
    same_attempt = attempt_of(new.rank) == attempt_of(current.rank)
    return new._replace(
        submitted_at=current.submitted_at,
        title=current.title,
        progress=max(new.progress, current.progress) if same_attempt else new.progress,
        note=current.note if new.rank == current.rank else "",
    )


def merge_report(current: Row | None, report: Report) -> Row | None:
    """The row after progress was read; None if it is not of the stage the job is in, or no news.

    A report that comes after its stage failed still tells how far the stage had got: so the
    percent is the same whatever the order in which the topics are read.
    """
    if current is None or current.gone or current.rank == QUEUED_RANK:
        return None
    running = rank_of(report.attempt, report.stage_index, 0)
    if stage_of(current.rank) != stage_of(running):
        return None
    progress = max(current.progress, report.progress)
    note = report.note if current.rank == running else current.note
    if (progress, note) == (current.progress, current.note):
        return None
    return current._replace(progress=progress, note=note)


class Write(IntEnum):
    """How much of a row a batch changes; a larger one includes the smaller."""

    PROGRESS = 1
    STATE = 2
    WHOLE = 3


class Draft:
    """What a batch makes of the rows it touches, before anything is stored."""

    def __init__(self, current: Mapping[str, Row]) -> None:
        self._before = current
        self._rows = dict(current)
        self._writes: dict[str, Write] = {}

    def submissions(self, rows: Iterable[Row]) -> None:
        for row in rows:
            merged = merge_submission(self._rows.get(row.job_id), row)
            if merged:
                self._put(merged, Write.WHOLE)

    def states(self, rows: Iterable[Row]) -> None:
        for row in rows:
            current = self._rows.get(row.job_id)
            merged = merge_state(current, row)
            if merged:
                whole = current is None or current.gone or merged.gone
                self._put(merged, Write.WHOLE if whole else Write.STATE)

    def reports(self, reports: Iterable[Report]) -> None:
        for report in reports:
            merged = merge_report(self._rows.get(report.job_id), report)
            if merged:
                self._put(merged, Write.PROGRESS)

    def changed(self) -> list[str]:
        """The jobs that are not as they were."""
        return list(self._writes)

    def written(self, write: Write) -> list[Row]:
        """The rows of which that much is to be stored."""
        return [self._rows[job_id] for job_id, wanted in self._writes.items() if wanted is write]

    def statuses(self) -> dict[str, int]:
        """By how much the number of jobs in each status changes."""
        after = Counter(self._rows[job_id].status for job_id in self._writes)
        known = self._writes.keys() & self._before.keys()
        after.subtract(Counter(self._before[job_id].status for job_id in known))
        return {status: change for status, change in after.items() if change}

    def _put(self, row: Row, write: Write) -> None:
        self._rows[row.job_id] = row
        self._writes[row.job_id] = max(write, self._writes.get(row.job_id, write))
