"""Which jobs a list shows.

Pages are cut by (submission, job_id), which never change for an attempt at a job: a boundary stays
where it is while jobs come and move on. One that is submitted again moves to the front.
"""

import re
from dataclasses import dataclass
from typing import Final

from status.answers.query import JOBS, TAGGED, Snapshot
from status.table.asked import Job
from status.table.row import GONE

_CURSOR: Final = re.compile(r"(-?[0-9]{1,18})\.(.{1,200})", re.DOTALL)
_NEWEST_FIRST: Final = "ORDER BY jobs.submitted_at DESC, jobs.job_id DESC LIMIT ?"

#: Entries of an index that are counted in some 10 ms.
_MANY_JOBS: Final = 100_000
_COUNT_TAGGED: Final = "SELECT count(*) FROM (SELECT 1 FROM tagged WHERE tag = ? LIMIT ?)"
_HAS_TAG: Final = """
    EXISTS (SELECT 1 FROM tagged WHERE tagged.tag = ?
        AND tagged.submitted_at = jobs.submitted_at AND tagged.job_id = jobs.job_id)
"""
_NEWEST_TAGGED_FIRST: Final = "ORDER BY tagged.submitted_at DESC, tagged.job_id DESC LIMIT ?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """The last job of a page."""

    submitted_at: int
    job_id: str

    def __str__(self) -> str:
        return f"{self.submitted_at}.{self.job_id}"

    @staticmethod
    def after(job: Job) -> "Cursor":
        return Cursor(submitted_at=job.row.submitted_at, job_id=job.job_id)

    @staticmethod
    def parse(text: str) -> "Cursor":
        """The cursor that `str` wrote.

        Raises:
            ValueError: it is none.
        """
        match = _CURSOR.fullmatch(text)
        if match is None:
            raise ValueError(f"{text[:40]!r} is no cursor")
        return Cursor(submitted_at=int(match[1]), job_id=match[2])


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The newest *limit* jobs after *cursor*, that have one of *statuses*, *tag* and *text*."""

    statuses: tuple[str, ...] = ()
    text: str = ""
    tag: str = ""
    cursor: Cursor | None = None
    limit: int = 50

    def of(self, snapshot: Snapshot) -> list[Job]:
        """The jobs, newest submission first; those of each status from its own index."""
        if self.tag and not self._are_statuses_rarer(snapshot):
            return self._tagged(snapshot)
        statuses = self.statuses or (None,)
        # SQLite would sort all jobs of several statuses; each index gives its newest at once.
        jobs = [job for status in statuses for job in self._with(status, snapshot)]
        jobs.sort(key=lambda job: (job.row.submitted_at, job.job_id), reverse=True)
        return jobs[: self.limit]

    def _are_statuses_rarer(self, snapshot: Snapshot) -> bool:
        """Whether fewer jobs have one of the statuses than have the tag; one of the two is walked.

        The tag's are counted no further than that; where both are many, many have both.
        """
        if not self.statuses:
            return False
        counts = snapshot.counts()
        of_statuses = sum(counts.get(status, 0) for status in self.statuses)
        if of_statuses > _MANY_JOBS:
            return False
        [(of_tag,)] = snapshot.rows(_COUNT_TAGGED, (self.tag, of_statuses + 1))
        return bool(of_statuses < of_tag)

    def _tagged(self, snapshot: Snapshot) -> list[Job]:
        """Walks over the jobs of the tag alone; of these over what other conditions leave out."""
        conditions: list[tuple[str, tuple[object, ...]]] = [("tagged.tag = ?", (self.tag,))]
        if self.statuses:
            marks = ", ".join("?" * len(self.statuses))
            conditions.append((f"jobs.status IN ({marks})", self.statuses))
        if self.cursor:
            after = (self.cursor.submitted_at, self.cursor.job_id)
            conditions.append(("(tagged.submitted_at, tagged.job_id) < (?, ?)", after))
        if self.text:
            conditions.append(_containing(_pattern(self.text)))
        return self._found(snapshot, TAGGED, conditions, _NEWEST_TAGGED_FIRST)

    def _with(self, status: str | None, snapshot: Snapshot) -> list[Job]:
        shown = ("jobs.status <> ?", (GONE,)) if status is None else ("jobs.status = ?", (status,))
        conditions: list[tuple[str, tuple[object, ...]]] = [shown]
        if self.cursor:
            after = (self.cursor.submitted_at, self.cursor.job_id)
            conditions.append(("(jobs.submitted_at, jobs.job_id) < (?, ?)", after))
        if self.tag:
            conditions.append((_HAS_TAG, (self.tag,)))
        if self.text:
            conditions.append(_containing(_pattern(self.text)))
        return self._found(snapshot, JOBS, conditions, _NEWEST_FIRST)

    def _found(
        self,
        snapshot: Snapshot,
        jobs: str,
        conditions: list[tuple[str, tuple[object, ...]]],
        order: str,
    ) -> list[Job]:
        where = " AND ".join(condition for condition, _ in conditions)
        values = [value for _, values in conditions for value in values]
        return snapshot.found(f"{jobs} WHERE {where} {order}", (*values, self.limit))


def _containing(pattern: str) -> tuple[str, tuple[str, ...]]:
    """SQLite's LIKE knows upper and lower case of ASCII only, but is much the faster."""
    if pattern.isascii():
        return r"(jobs.title LIKE ? ESCAPE '\' OR jobs.job_id LIKE ? ESCAPE '\')", (
            pattern,
            pattern,
        )
    return r"fold(jobs.title) LIKE ? ESCAPE '\'", (pattern.casefold(),)


def _pattern(text: str) -> str:
    escaped = "".join(f"\\{char}" if char in r"\%_" else char for char in text)
    return f"%{escaped}%"
