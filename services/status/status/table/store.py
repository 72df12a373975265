"""The table's one writer: rows and the offsets they came from, in one transaction a batch."""

import json
import logging
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, NamedTuple, Self

from status.table import asked
from status.table.asked import Notes
from status.table.database import INDEXES, Header, give_back, open_for_writing, purge_marks, remove
from status.table.draft import Draft, Moves, Tagged, Write, counted
from status.table.merge import Report
from status.table.position import Source
from status.table.row import Row

logger = logging.getLogger(__name__)

Offsets = dict[tuple[Source, int], int]

_CURRENT: Final = """
    SELECT job_id, rank, status, progress, submitted_at, title, note, origin, NULL, since, tags
    FROM json_each(?) AS wanted CROSS JOIN jobs ON jobs.job_id = wanted.value
"""
_WHOLE: Final = "INSERT OR REPLACE INTO jobs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
#: Title, tags and submission never change in an attempt, so their indexes are left alone.
_STATE: Final = """
    UPDATE jobs SET rank = ?, status = ?, progress = ?, note = ?, origin = ?, state = ?, since = ?
    WHERE job_id = ?
"""
_BIND: Final = "SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?"
_UNTAG: Final = "DELETE FROM tagged WHERE tag = ? AND submitted_at = ? AND job_id = ?"
_TAG: Final = "INSERT OR REPLACE INTO tagged VALUES (?, ?, ?)"
#: What is raised where a value of a row is to blame, never the file.
ROW_REFUSED: Final = (OverflowError, UnicodeError, sqlite3.DataError)
_PROGRESS: Final = "UPDATE jobs SET progress = ?, note = ? WHERE job_id = ?"
_EARLY: Final = """
    SELECT job_id, rank, progress, note
    FROM json_each(?) AS wanted CROSS JOIN early ON early.job_id = wanted.value
"""
_FORGET_EARLY: Final = "DELETE FROM early WHERE job_id = ?"
_KEEP_EARLY: Final = "INSERT INTO early VALUES (?, ?, ?, ?)"
#: Reports whose states never come, of jobs that are none, would pile up; the newest are kept.
_BOUND_EARLY: Final = "DELETE FROM early WHERE rowid <= (SELECT max(rowid) FROM early) - 10000"
_OFFSET: Final = "INSERT OR REPLACE INTO offsets VALUES (?, ?, ?)"
_NO_NOTES: Final = Notes()
_TABLES: Final = ("book", "offsets", "counts", "jobs", "tagged", "early", "purged")
_COUNT: Final = """
    INSERT INTO counts VALUES (?, ?, ?)
    ON CONFLICT (status, stage) DO UPDATE SET jobs = jobs + excluded.jobs
"""


class Stored(NamedTuple):
    """A commit by its number, and how jobs moved by it."""

    sequence: int
    moves: Moves


class Store:
    """Used by one thread. Every method commits what it does or changes nothing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        #: Nearly always so; reads each time would cost a statement a batch.
        self._no_early = False
        self._db = open_for_writing(path)
        self._known = Header("", complete=False, sequence=0)
        try:
            self._known = self.header
        except sqlite3.DatabaseError as error:
            logger.warning("table.dropped", extra={"path": str(path), "reason": str(error)})
            self.rebuild()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    @property
    def header(self) -> Header:
        row = self._db.execute(
            "SELECT epoch, complete, sequence, caught_up_at FROM book"
        ).fetchone()
        epoch, complete, sequence, at = row or ("", 0, 0, 0)
        return Header(epoch, complete=bool(complete), sequence=sequence, caught_up_at=at)

    def bind(self, epoch: str) -> None:
        """Make the file one of *epoch*, emptied unless it is one already."""
        if self.header.epoch.partition("-")[0] != epoch:
            self._empty(epoch)

    def forget(self) -> None:
        """Empty the file because Kafka lost records that are in it.

        The epoch gets a suffix, since offsets seen so far may now name other records.
        """
        header = self.header
        self._empty(f"{header.epoch.partition('-')[0]}-{header.sequence:x}")

    def rebuild(self) -> None:
        """Make the file anew, empty, because it is damaged; nobody else may have it open.

        It is of the same epoch: what its offsets mean has not changed.
        """
        with suppress(sqlite3.Error):
            self._db.close()
        remove(self._path)
        self._db = open_for_writing(self._path)
        known = self._known
        self._write_book(known.epoch, known.sequence + 1)

    def offsets(self) -> Offsets:
        """The next offset to read of every partition that was read from."""
        rows = self._db.execute("SELECT source, partition, next_offset FROM offsets")
        return {(Source(source), partition): offset for source, partition, offset in rows}

    def current(self, job_ids: Iterable[str]) -> dict[str, Row]:
        """The rows known of these jobs, without the bytes of their states."""
        rows = self._db.execute(_CURRENT, (json.dumps(list(job_ids)),))
        return {row[0]: Row._make(row) for row in rows}

    def early(self, job_ids: Iterable[str]) -> list[Report]:
        """What was reported of these jobs before the state that it belongs to."""
        if self._no_early:
            return []
        if not self._db.execute("SELECT EXISTS (SELECT 1 FROM early)").fetchone()[0]:
            self._no_early = True
            return []
        rows = self._db.execute(_EARLY, (json.dumps(list(job_ids)),))
        return [Report._make(row) for row in rows]

    def commit(
        self, draft: Draft, offsets: Mapping[tuple[Source, int], int], notes: Notes = _NO_NOTES
    ) -> Stored:
        """Store what *draft* changes, together with how far Kafka was read."""
        moves = draft.moves()
        states = (
            (r.rank, r.status, r.progress, r.note, r.origin, r.state, r.since, r.job_id)
            for r in draft.written(Write.STATE)
        )
        reports = ((r.progress, r.note, r.job_id) for r in draft.written(Write.PROGRESS))
        ends = ((source, partition, end) for (source, partition), end in offsets.items())
        with self._transaction():
            # Ordered keys touch each page of the index once.
            self._db.executemany(_WHOLE, whole := sorted(draft.written(Write.WHOLE)))
            self._db.executemany(_STATE, states)
            self._db.executemany(_PROGRESS, reports)
            self._db.executemany(_COUNT, [(*where, n) for where, n in counted(moves).items()])
            self._put_tags(*draft.tagged(whole))
            self._put_early(draft)
            self._put_notes(notes)
            self._db.executemany(_OFFSET, ends)
            self._db.execute("UPDATE book SET sequence = sequence + 1")
        self._known = self.header
        return Stored(self._known.sequence, moves)

    def complete(self) -> None:
        """All there was has been read: from now on the table answers. Takes a while if large."""
        if self.header.complete:
            return
        with self._transaction():
            for name, columns in INDEXES.items():
                self._db.execute(f"CREATE INDEX {name} ON {columns}")
            self._db.execute("UPDATE book SET complete = 1, sequence = sequence + 1")
        self._known = self.header

    def caught_up(self, now_ms: int) -> None:
        """The file holds all there is *now_ms*."""
        self._db.execute("UPDATE book SET caught_up_at = ?", (now_ms,))

    def purge(self, before_ms: int, most: int) -> int:
        """Remove at most *most* marks of jobs that were deleted before *before_ms*; how many."""
        with self._transaction():
            return purge_marks(self._db, before_ms, most)

    def give_back(self) -> bool:
        """Give some of what is free in the file back to the disk; whether more is to follow."""
        return give_back(self._db)

    def refused(self, rows: Iterable[Row]) -> dict[str, str]:
        """Why SQLite does not take a row, by job; empty if it takes them all."""
        reasons = {}
        for row in rows:
            try:
                self._db.execute(_BIND, row)
            except ROW_REFUSED as error:
                reasons[row.job_id] = str(error)
        return reasons

    def _put_tags(self, before: Sequence[Tagged], after: Sequence[Tagged]) -> None:
        if before or after:  # nearly no batch has any
            self._db.executemany(_UNTAG, before)
            self._db.executemany(_TAG, sorted(after))

    def _put_early(self, draft: Draft) -> None:
        job_ids, reports = draft.early()
        if job_ids:
            self._no_early = False
            self._db.executemany(_FORGET_EARLY, ((job_id,) for job_id in job_ids))
            self._db.executemany(_KEEP_EARLY, reports)
            self._db.execute(_BOUND_EARLY)

    def _put_notes(self, notes: Notes) -> None:
        self._db.executemany(asked.KEEP_FAILURE, notes.failures)
        self._db.executemany(asked.KEEP_COMMAND, notes.commands)
        self._db.executemany(asked.KEEP_RESULT, notes.results)
        if notes.forget_before:
            for forget in asked.FORGET:
                self._db.execute(forget, (notes.forget_before,))

    def _empty(self, epoch: str) -> None:
        # Commits are counted on, so that no snapshot read before looks newer.
        sequence = self.header.sequence + 1
        with self._transaction():
            for name in INDEXES:
                self._db.execute(f"DROP INDEX IF EXISTS {name}")
            for table in (*_TABLES, *asked.NAMES):
                self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - names of our own
            self._write_book(epoch, sequence)

    def _write_book(self, epoch: str, sequence: int) -> None:
        self._db.execute("INSERT INTO book VALUES (1, ?, 0, ?, 0)", (epoch, sequence))
        self._known = Header(epoch, complete=False, sequence=sequence)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._rollback()
            raise
        self._db.execute("COMMIT")

    def _rollback(self) -> None:
        # A full disk has rolled back by itself already.
        if self._db.in_transaction:
            self._db.rollback()
