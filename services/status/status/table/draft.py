"""What a batch makes of the rows it touches, before anything is stored."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from enum import IntEnum
from typing import TypeAlias

from status.table.merge import (
    Report,
    is_early,
    merge_early,
    merge_report,
    merge_state,
    merge_submission,
)
from status.table.row import MOST_STAGES, Row, Standing

#: A tag, and the job that has it; in the order in which jobs of a tag are listed.
Tagged: TypeAlias = tuple[str, int, str]
#: How many jobs moved, by the status and stage they had and those they have; new ones had None.
Moves: TypeAlias = Mapping[tuple[str | None, int, str, int], int]


class Write(IntEnum):
    """How much of a row a batch changes; a larger one includes the smaller."""

    PROGRESS = 1
    STATE = 2
    WHOLE = 3


class Draft:
    """Begins with what the table has of the jobs: their rows and the reports read too early.

    *waiting* are the statuses of jobs that a stage will run, and does not yet.
    """

    def __init__(
        self,
        current: Mapping[str, Row],
        early: Iterable[Report] = (),
        *,
        waiting: Collection[str],
    ) -> None:
        self._before = current
        self._waiting = waiting
        self._rows = dict(current)
        self._writes: dict[str, Write] = {}
        self._early: dict[str, dict[int, Report]] = {}
        for report in early:
            self._early.setdefault(report.job_id, {})[report.rank] = report
        self._settled: set[str] = set()

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
                self._put(merged, _extent(merged, current))
                self._take_early(merged)

    def reports(self, reports: Iterable[Report]) -> None:
        for report in reports:
            current = self._rows.get(report.job_id)
            merged = merge_report(current, report, self._waiting)
            if merged:
                self._put(merged, Write.PROGRESS)
            elif is_early(current, report, self._waiting):
                of_job = self._early.setdefault(report.job_id, {})
                of_job[report.rank] = merge_early(of_job.get(report.rank), report)
                self._settled.add(report.job_id)

    def leave_out(self, job_ids: Iterable[str]) -> None:
        """Leave these jobs as they were."""
        for job_id in job_ids:
            del self._writes[job_id]

    def changed(self) -> list[str]:
        """The jobs that are not as they were."""
        return list(self._writes)

    def written(self, write: Write) -> list[Row]:
        """The rows of which that much is to be stored."""
        return [self._rows[job_id] for job_id, wanted in self._writes.items() if wanted is write]

    def early(self) -> tuple[list[str], list[Report]]:
        """The jobs whose early reports are other ones now, and these reports."""
        jobs = list(self._settled)
        return jobs, [r for job_id in jobs for r in self._early.get(job_id, {}).values()]

    def tagged(self, whole: Iterable[Row]) -> tuple[list[Tagged], list[Tagged]]:
        """The tags of these jobs, stored as a *whole*, as they were and as they are."""
        known = [row for job in whole if (row := self._before.get(job.job_id))]
        return _tags_of(known), _tags_of(whole)

    def moves(self) -> Moves:
        """How many jobs moved from where to where."""
        rows, stages = self._rows, MOST_STAGES
        known = [(self._before.get(job_id), rows[job_id]) for job_id in self._writes]
        # As short as can be: this is done of every row that is stored.
        return Counter(
            [
                (
                    b.status if b else None,
                    b.rank >> 4 & stages if b else 0,
                    a.status,
                    a.rank >> 4 & stages,
                )
                for b, a in known
            ]
        )

    def _take_early(self, row: Row) -> None:
        """Let reports count whose state has come; those it has overtaken never will."""
        kept = self._early.get(row.job_id)
        if not kept:
            return
        mine = kept.get(row.rank)
        self._early[row.job_id] = {
            rank: report for rank, report in kept.items() if is_early(row, report, self._waiting)
        }
        self._settled.add(row.job_id)
        merged = merge_report(row, mine, self._waiting) if mine else None
        if merged:
            self._put(merged, Write.PROGRESS)

    def _put(self, row: Row, write: Write) -> None:
        self._rows[row.job_id] = row
        self._writes[row.job_id] = max(write, self._writes.get(row.job_id, write))


def _extent(row: Row, before: Row | None) -> Write:
    """How much a state changes: title and submission are the same for all of an attempt."""
    same = before is not None and not before.gone and not row.gone and row.attempt == before.attempt
    return Write.STATE if same else Write.WHOLE


def _tags_of(rows: Iterable[Row]) -> list[Tagged]:
    tagged = [row for row in rows if row.tags]  # most jobs have none
    return [(tag, row.submitted_at, row.job_id) for row in tagged for tag in row.tags.split()]


def counted(moves: Moves) -> dict[Standing, int]:
    """By how much the number of jobs at each standing changes."""
    changes = Counter[Standing]()
    for (before, stage_before, after, stage), jobs in moves.items():
        changes[after, stage] += jobs
        if before is not None:
            changes[before, stage_before] -= jobs
    return {standing: change for standing, change in changes.items() if change}
