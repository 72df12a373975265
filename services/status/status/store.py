"""The table's one writer: rows and the offsets they came from, in one transaction a batch."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from status.database import INDEXES, open_for_writing
from status.merge import Draft, Write
from status.position import Source
from status.row import Row

Offsets = dict[tuple[Source, int], int]

_CURRENT: Final = """
    SELECT job_id, rank, status, progress, submitted_at, title, note, origin, NULL
    FROM json_each(?) AS wanted CROSS JOIN jobs ON jobs.job_id = wanted.value
"""
_WHOLE: Final = "INSERT OR REPLACE INTO jobs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
#: Title and submission never change, so their indexes are left alone.
_STATE: Final = """
    UPDATE jobs SET rank = ?, status = ?, progress = ?, note = ?, origin = ?, state = ?
    WHERE job_id = ?
"""
_PROGRESS: Final = "UPDATE jobs SET progress = ?, note = ? WHERE job_id = ?"
_OFFSET: Final = "INSERT OR REPLACE INTO offsets VALUES (?, ?, ?)"
_COUNT: Final = """
    INSERT INTO counts VALUES (?, ?)
    ON CONFLICT (status) DO UPDATE SET jobs = jobs + excluded.jobs
"""


@dataclass(frozen=True, slots=True)
class Book:
    """What the file says of itself.

    `complete` means it has once held all there was: what it says of a job is a past that was
    true, not one still being read. `sequence` counts its commits.
    """

    epoch: str
    complete: bool
    sequence: int


class Store:
    """Used by one thread. Every method commits what it does or changes nothing."""

    def __init__(self, path: Path) -> None:
        self._db = open_for_writing(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    @property
    def book(self) -> Book:
        row = self._db.execute("SELECT epoch, complete, sequence FROM book").fetchone()
        return Book(row[0], bool(row[1]), row[2]) if row else Book("", complete=False, sequence=0)

    def bind(self, epoch: str) -> None:
        """Make the file one of *epoch*, emptied unless it is one already."""
        if self.book.epoch.partition("-")[0] != epoch:
            self._empty(epoch)

    def forget(self) -> None:
        """Empty the file because Kafka lost records that are in it.

        The epoch gets a suffix, since offsets seen so far may now name other records.
        """
        book = self.book
        self._empty(f"{book.epoch.partition('-')[0]}-{book.sequence:x}")

    def offsets(self) -> Offsets:
        """The next offset to read of every partition that was read from."""
        rows = self._db.execute("SELECT source, partition, next_offset FROM offsets")
        return {(Source(source), partition): offset for source, partition, offset in rows}

    def current(self, job_ids: Iterable[str]) -> dict[str, Row]:
        """The rows known of these jobs, without the bytes of their states."""
        rows = self._db.execute(_CURRENT, (json.dumps(list(job_ids)),))
        return {row[0]: Row._make(row) for row in rows}

    def commit(self, draft: Draft, offsets: Mapping[tuple[Source, int], int]) -> int:
        """Store what *draft* changes, together with how far Kafka was read; the new sequence."""
        states = (
            (row.rank, row.status, row.progress, row.note, row.origin, row.state, row.job_id)
            for row in draft.written(Write.STATE)
        )
        reports = ((r.progress, r.note, r.job_id) for r in draft.written(Write.PROGRESS))
        ends = ((source, partition, end) for (source, partition), end in offsets.items())
        with self._transaction():
            # Ordered keys touch each page of the index once.
            self._db.executemany(_WHOLE, sorted(draft.written(Write.WHOLE)))
            self._db.executemany(_STATE, states)
            self._db.executemany(_PROGRESS, reports)
            self._db.executemany(_COUNT, draft.statuses().items())
            self._db.executemany(_OFFSET, ends)
            self._db.execute("UPDATE book SET sequence = sequence + 1")
        return self.book.sequence

    def complete(self) -> None:
        """All there was has been read: from now on the table answers. Takes a while if large."""
        if self.book.complete:
            return
        with self._transaction():
            for name, columns in INDEXES.items():
                self._db.execute(f"CREATE INDEX {name} ON {columns}")
            self._db.execute("UPDATE book SET complete = 1, sequence = sequence + 1")

    def _empty(self, epoch: str) -> None:
        # Commits are counted on, so that no snapshot read before looks newer.
        sequence = self.book.sequence + 1
        with self._transaction():
            for name in INDEXES:
                self._db.execute(f"DROP INDEX IF EXISTS {name}")
            for table in ("book", "offsets", "counts", "jobs"):
                self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - names of our own
            self._db.execute("INSERT INTO book VALUES (1, ?, 0, ?)", (epoch, sequence))

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
