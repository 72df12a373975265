"""The list's file: rows, and how far each dead-letter topic was read, in one transaction a batch.

Everything in it comes from Kafka, so a file that is damaged, of another form or of other topics is
dropped and read again.
"""

import logging
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self

from status.letters.letter import Letter
from status.table.database import remove

logger = logging.getLogger(__name__)

FILE_NAME: Final = "letters.sqlite3"
#: Counts up whenever the tables or what their columns mean changes.
_FORMAT: Final = 2
_TABLES: Final = """
    CREATE TABLE book (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        epoch TEXT NOT NULL,
        complete INTEGER NOT NULL
    );
    CREATE TABLE offsets (
        topic TEXT NOT NULL,
        partition INTEGER NOT NULL,
        next_offset INTEGER NOT NULL,
        PRIMARY KEY (topic, partition)
    ) WITHOUT ROWID;
    CREATE TABLE letters (
        topic TEXT NOT NULL,
        partition INTEGER NOT NULL,
        "offset" INTEGER NOT NULL,
        at INTEGER NOT NULL,
        job_id TEXT,
        attempt INTEGER NOT NULL,
        stage TEXT NOT NULL,
        error_class TEXT NOT NULL,
        message TEXT NOT NULL,
        failed_at INTEGER NOT NULL,
        size_bytes INTEGER NOT NULL,
        claim TEXT,
        PRIMARY KEY (topic, partition, "offset")
    );
    CREATE INDEX letters_by_time ON letters (failed_at, topic, partition, "offset");
    CREATE INDEX letters_by_age ON letters (at);
    CREATE INDEX letters_by_job ON letters (job_id);
    CREATE INDEX letters_by_kind ON letters (stage, error_class);
    CREATE TABLE counts (
        stage TEXT NOT NULL,
        error_class TEXT NOT NULL,
        letters INTEGER NOT NULL,
        PRIMARY KEY (stage, error_class)
    ) WITHOUT ROWID;
    CREATE TRIGGER letter_came AFTER INSERT ON letters BEGIN
        INSERT INTO counts VALUES (new.stage, new.error_class, 1)
        ON CONFLICT (stage, error_class) DO UPDATE SET letters = letters + 1;
    END;
    CREATE TRIGGER letter_went AFTER DELETE ON letters BEGIN
        UPDATE counts SET letters = letters - 1
        WHERE stage = old.stage AND error_class = old.error_class;
        DELETE FROM counts
        WHERE stage = old.stage AND error_class = old.error_class AND letters = 0;
    END;
"""
_KEEP: Final = "INSERT OR REPLACE INTO letters VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_REACHED: Final = "INSERT OR REPLACE INTO offsets VALUES (?, ?, ?)"
_EXPIRED: Final = "DELETE FROM letters WHERE topic = ? AND at < ?"
_TRIMMED: Final = 'DELETE FROM letters WHERE topic = ? AND partition = ? AND "offset" < ?'

_DROPPED: Final = 'DELETE FROM letters WHERE topic = ? AND partition = ? AND "offset" = ?'

#: A partition by the name of its topic.
Place = tuple[str, int]
#: Where one letter lies: topic, partition, offset.
Spot = tuple[str, int, int]


class Shelf:
    """Used by one thread. Every method commits what it does or changes nothing."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._db = self._opened()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def bind(self, epoch: str) -> Mapping[Place, int]:
        """Make the file one of *epoch*, emptied unless it is one; the offsets to read from."""
        found = self._db.execute("SELECT epoch FROM book").fetchone()
        if found is None or found[0] != epoch:
            with self._transaction():
                for table in ("letters", "offsets", "book"):
                    self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - names of our own
                self._db.execute("INSERT INTO book VALUES (1, ?, 0)", (epoch,))
        rows = self._db.execute("SELECT topic, partition, next_offset FROM offsets")
        return {(topic, partition): offset for topic, partition, offset in rows}

    def keep(self, letters: Iterable[Letter], reached: Mapping[Place, int]) -> None:
        """Store *letters*, with how far their partitions were read."""
        with self._transaction():
            self._db.executemany(_KEEP, letters)
            self._db.executemany(_REACHED, [(*place, end) for place, end in reached.items()])

    def complete(self) -> None:
        """All there was has been read: from now on the list answers."""
        self._db.execute("UPDATE book SET complete = 1")

    def expire(self, before: Mapping[str, int]) -> None:
        """Drop the letters that came before a moment (ms), by topic."""
        with self._transaction():
            self._db.executemany(_EXPIRED, before.items())

    def trim(self, firsts: Mapping[Place, int]) -> None:
        """Drop the letters below the first offset that Kafka still has of a partition."""
        with self._transaction():
            self._db.executemany(_TRIMMED, [(*place, first) for place, first in firsts.items()])

    def drop(self, spots: Iterable[Spot]) -> None:
        """Drop single letters."""
        with self._transaction():
            self._db.executemany(_DROPPED, spots)

    def rebuild(self) -> None:
        """Make the file anew, empty, because it is damaged or not of these topics any more."""
        self._db.close()
        remove(self.path)
        self._db = self._opened()

    def _opened(self) -> sqlite3.Connection:
        try:
            return _opened(self.path)
        except sqlite3.DatabaseError as error:
            logger.warning("letters.dropped", extra={"reason": str(error)})
        remove(self.path)
        return _opened(self.path)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            # A full disk has rolled back by itself already.
            if self._db.in_transaction:
                self._db.rollback()
            raise
        self._db.execute("COMMIT")


def _opened(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        # Without it a letter that is read again would come, and none would have gone.
        db.execute("PRAGMA recursive_triggers = ON")
        _ensure_form(db)
    except sqlite3.DatabaseError:
        db.close()
        raise
    return db


def _ensure_form(db: sqlite3.Connection) -> None:
    form = db.execute("PRAGMA user_version").fetchone()[0]
    if form not in {0, _FORMAT}:
        raise sqlite3.DatabaseError(f"its form is {form}, this program's {_FORMAT}")
    if form == 0:
        db.executescript(f"BEGIN; {_TABLES} PRAGMA user_version = {_FORMAT}; COMMIT;")
