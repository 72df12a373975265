"""Which dead letters a list shows, and which of them may be sent back.

Pages are cut by (when it failed, place), which never change: a boundary stays where it is while
letters come. Whether a letter may be sent back is asked of the jobs' table at that moment: its
job's newest state is FAILED and names it. Where the stage says that the same input cannot succeed,
people may still want it sent back, but no list of what to send back has it.
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from status.letters.letter import Letter
from status.letters.shelf import Spot
from status.table.row import GONE

_CURSOR: Final = re.compile(r"([0-9]{1,16})\.([0-9]{1,6})\.([0-9]{1,16})\.(.{1,249})")
_COLUMNS: Final = ", ".join(f'letter."{name}"' for name in Letter._fields)
_PLACE: Final = 'letter.failed_at, letter.topic, letter.partition, letter."offset"'
#: From letters to the failures that name them, if these are their jobs' newest states.
_FAILURES: Final = """
    LEFT JOIN jobs.failures AS failure ON failure.job_id = letter.job_id
        AND failure.topic = letter.topic AND failure.partition = letter.partition
        AND failure."offset" = letter."offset"
        AND failure.origin = (SELECT origin FROM jobs.jobs WHERE job_id = letter.job_id)
"""
#: From letters to the marks of jobs that were forgotten; one that a person wrote names no attempt.
_FORGOTTEN: Final = f"""
    job.job_id = letter.job_id AND job.status = '{GONE}' AND (
        letter.attempt <= job.rank >> 21 OR job.rank >> 21 = 0 AND letter.at <= job.submitted_at
    )
"""
_ORDER: Final = (
    'letter.failed_at DESC, letter.topic DESC, letter.partition DESC, letter."offset" DESC'
)


class Cursor(NamedTuple):
    """The last letter of a page."""

    failed_at: int
    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.failed_at}.{self.partition}.{self.offset}.{self.topic}"

    @staticmethod
    def after(letter: Letter) -> "Cursor":
        return Cursor(letter.failed_at, letter.topic, letter.partition, letter.offset)

    @staticmethod
    def parse(text: str) -> "Cursor":
        """The cursor that `str` wrote.

        Raises:
            ValueError: it is none.
        """
        match = _CURSOR.fullmatch(text)
        if match is None:
            raise ValueError(f"{text[:40]!r} is no cursor")
        return Cursor(int(match[1]), match[4], int(match[2]), int(match[3]))


class Shown(NamedTuple):
    """A letter, and whether the same input may succeed; None if no job's newest state names it."""

    letter: Letter
    retry_available: bool | None


class Page(NamedTuple):
    letters: list[Shown]
    total: int
    more: bool


class Count(NamedTuple):
    stage: str
    error_class: str
    letters: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The newest *limit* letters after *cursor* that fit; times are ms, *until* is excluded."""

    stage: str | None = None
    error_class: str | None = None
    since: int | None = None
    until: int | None = None
    job_id: str | None = None
    redrivable: bool | None = None
    cursor: Cursor | None = None
    limit: int = 50

    def conditions(self) -> list[tuple[str, tuple[object, ...]]]:
        """What a letter has to fulfil, but for the page it is on."""
        asked = (
            ("letter.stage = ?", self.stage),
            ("letter.error_class = ?", self.error_class),
            ("letter.failed_at >= ?", self.since),
            ("letter.failed_at < ?", self.until),
            ("letter.job_id = ?", self.job_id),
            ("coalesce(failure.retry_available, 0) = ?", self.redrivable),
        )
        return [(condition, (value,)) for condition, value in asked if value is not None]


class Desk:
    """Reads the list's file beside the jobs' table; safe to share by threads.

    Each question opens both files anew, so whoever makes one of them anew need not know of it.
    """

    def __init__(self, letters: Path, jobs: Path) -> None:
        self._letters, self._jobs = letters, jobs

    @property
    def complete(self) -> bool:
        """Whether the list has once held all there was."""
        with self._opened() as db:
            return _is_complete(db)

    def page(self, selection: Selection) -> Page:
        """One page, and how many letters fit in all."""
        wanted = selection.conditions()
        with self._opened() as db:
            total = db.execute(*_query("count(*)", wanted)).fetchone()[0]
            if selection.cursor:
                wanted = [*wanted, (f"({_PLACE}) < (?, ?, ?, ?)", tuple(selection.cursor))]
            sql, values = _query(f"{_COLUMNS}, failure.retry_available", wanted)
            limited = f"{sql} ORDER BY {_ORDER} LIMIT ?"
            rows = db.execute(limited, (*values, selection.limit + 1)).fetchall()
        shown = [_shown(row) for row in rows[: selection.limit]]
        return Page(shown, total, more=len(rows) > selection.limit)

    def summary(self) -> list[Count]:
        """How many letters there are by stage and class of error, the most first."""
        sql = """
            SELECT stage, error_class, letters FROM counts
            ORDER BY letters DESC, stage, error_class
        """
        with self._opened() as db:
            return [Count._make(row) for row in db.execute(sql)]

    def by_stage(self) -> dict[str, int] | None:
        """How many letters each stage has that has any; None while the list is being read."""
        with self._opened() as db:
            if not _is_complete(db):
                return None
            return dict(db.execute("SELECT stage, sum(letters) FROM counts GROUP BY stage"))

    def retry_available(self, letter: Letter) -> bool | None:
        """Of a letter that may not be in the list yet, see `Shown`."""
        sql = """
            SELECT failure.retry_available FROM jobs.failures AS failure
            JOIN jobs.jobs ON jobs.job_id = failure.job_id AND jobs.origin = failure.origin
            WHERE failure.job_id = ? AND failure.topic = ? AND failure.partition = ?
                AND failure."offset" = ?
        """
        place = (letter.job_id, letter.topic, letter.partition, letter.offset)
        with self._opened() as db:
            found = db.execute(sql, place).fetchone()
        return bool(found[0]) if found else None

    def jobs_forgotten(self) -> int:
        """How many jobs the table has the marks of that were forgotten."""
        sql = "SELECT coalesce(sum(jobs), 0) FROM jobs.counts WHERE status = ?"
        with self._opened() as db:
            return int(db.execute(sql, (GONE,)).fetchone()[0])

    def forgotten(self) -> list[Spot]:
        """Where letters lie whose jobs were forgotten; looks at all there are."""
        sql = f"""
            SELECT letter.topic, letter.partition, letter."offset"
            FROM letters AS letter CROSS JOIN jobs.jobs AS job ON {_FORGOTTEN}
        """  # noqa: S608 - parts of our own
        with self._opened() as db:
            return list(db.execute(sql))

    def is_forgotten(self, letter: Letter) -> bool:
        """Whether the job of a letter was forgotten that may not be in the list."""
        sql = f"""
            SELECT EXISTS (
                SELECT 1 FROM (SELECT ? AS job_id, ? AS attempt, ? AS at) AS letter
                JOIN jobs.jobs AS job ON {_FORGOTTEN}
            )
        """  # noqa: S608 - parts of our own
        with self._opened() as db:
            told = db.execute(sql, (letter.job_id, letter.attempt, letter.at)).fetchone()
        return bool(told[0])

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """One snapshot of the list; it makes no file where none is."""
        uri = f"{self._letters.absolute().as_uri()}?mode=rw"
        with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as db:
            db.execute("PRAGMA query_only = 1")
            db.execute("ATTACH DATABASE ? AS jobs", (f"{self._jobs.absolute().as_uri()}?mode=rw",))
            db.execute("BEGIN")
            yield db


def _is_complete(db: sqlite3.Connection) -> bool:
    found = db.execute("SELECT complete FROM book").fetchone()
    return bool(found and found[0])


def _query(
    columns: str, wanted: list[tuple[str, tuple[object, ...]]]
) -> tuple[str, tuple[object, ...]]:
    where = " AND ".join(["1", *[condition for condition, _ in wanted]])
    values = tuple(value for _, values in wanted for value in values)
    return f"SELECT {columns} FROM letters AS letter {_FAILURES} WHERE {where}", values  # noqa: S608 - parts of our own


def _shown(row: tuple[object, ...]) -> Shown:
    again = row[-1]
    letter = Letter._make(row[:-1])
    return Shown(letter, None if again is None else bool(again))
