"""The table's file: its form, how it is opened, and when it is thrown away.

Everything in it comes from Kafka, so whatever does not fit is dropped and read again.
"""

import fcntl
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from headway.base.errors import SettingsError
from status.table import asked
from status.table.position import place_of
from status.table.row import GONE, MOST_STAGES

logger = logging.getLogger(__name__)

FILE_NAME: Final = "jobs.sqlite3"
#: Counts up whenever TABLES or what the columns mean changes; a file of another form is dropped.
FORMAT: Final = 7

#: The stage that a row's rank names; SQLite finds an index by these very words.
STAGE: Final = f"(rank >> 4 & {MOST_STAGES})"
TABLES: Final = f"""
    {asked.TABLES}
    CREATE TABLE book (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        epoch TEXT NOT NULL,
        complete INTEGER NOT NULL,
        sequence INTEGER NOT NULL,
        caught_up_at INTEGER NOT NULL DEFAULT 0
    );
    CREATE TABLE purged (
        partition INTEGER PRIMARY KEY,
        next_offset INTEGER NOT NULL
    );
    CREATE TABLE offsets (
        source INTEGER NOT NULL,
        partition INTEGER NOT NULL,
        next_offset INTEGER NOT NULL,
        PRIMARY KEY (source, partition)
    ) WITHOUT ROWID;
    CREATE TABLE counts (
        status TEXT NOT NULL,
        stage INTEGER NOT NULL,
        jobs INTEGER NOT NULL,
        PRIMARY KEY (status, stage)
    ) WITHOUT ROWID;
    CREATE TABLE jobs (
        job_id TEXT PRIMARY KEY,
        rank INTEGER NOT NULL,
        status TEXT NOT NULL,
        progress INTEGER NOT NULL,
        submitted_at INTEGER NOT NULL,
        title TEXT NOT NULL,
        note TEXT NOT NULL,
        origin INTEGER NOT NULL,
        state BLOB,
        since INTEGER,
        tags TEXT NOT NULL
    );
    CREATE TABLE tagged (
        tag TEXT NOT NULL,
        submitted_at INTEGER NOT NULL,
        job_id TEXT NOT NULL,
        PRIMARY KEY (tag, submitted_at, job_id)
    ) WITHOUT ROWID;
    CREATE TABLE early (
        job_id TEXT NOT NULL,
        rank INTEGER NOT NULL,
        progress INTEGER NOT NULL,
        note TEXT NOT NULL,
        UNIQUE (job_id, rank)
    );
"""
#: Made when the table is complete: while it is built they would cost as much as the rows.
INDEXES: Final = {
    "jobs_by_origin": "jobs (origin)",
    "jobs_by_time": "jobs (submitted_at, job_id)",
    "jobs_by_status": "jobs (status, submitted_at, job_id)",
    "jobs_in_line": f"jobs (status, {STAGE}, since) WHERE since IS NOT NULL",
    **asked.INDEXES,
}
#: The marks of jobs that were deleted before a time; at most so many.
_MARKS: Final = """
    SELECT job_id, origin FROM jobs WHERE status = ? AND submitted_at < ?
    ORDER BY submitted_at LIMIT ?
"""
_PURGED: Final = """
    INSERT INTO purged VALUES (?, ?)
    ON CONFLICT (partition) DO UPDATE SET next_offset = max(next_offset, excluded.next_offset)
"""
#: What may stay free, as a part of the pages in use; and how many in any case: 8 MB.
_SPARE_PART: Final = 4
_SPARE_PAGES: Final = 1000
#: 8 MB in one transaction: some 50 ms in which nothing else is stored.
_PAGES_AT_ONCE: Final = 1000
#: A lost power supply may cost the newest commits, which Kafka still has; never the file.
_PRAGMAS: Final = (
    # Rows of some 500 bytes: larger pages are fewer to write while the table is built.
    "PRAGMA page_size = 8192",
    # Before there is any table: so pages that are free can be given back a few at a time.
    "PRAGMA auto_vacuum = INCREMENTAL",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA wal_autocheckpoint = 4000",
    "PRAGMA cache_size = -65536",
)


@dataclass(frozen=True, slots=True)
class Header:
    """What the file says of itself.

    `complete` means it has once held all there was: what it says of a job is a past that was
    true, not one still being read. `sequence` counts its commits. At `caught_up_at` (ms; 0: never)
    it last held all there was.
    """

    epoch: str
    complete: bool
    sequence: int
    caught_up_at: int = 0


@contextmanager
def locked(folder: Path) -> Iterator[Path]:
    """Own *folder* for this process; gives the file's path.

    Raises:
        SettingsError: the folder cannot be made or written, or another process owns it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "lock").open("w")
    except OSError as error:
        raise SettingsError(f"DATA_DIR {folder}: {error.strerror or error}") from error
    with lock:
        # A lock of the kernel's ends with the process, however it ends; a file alone would stay.
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise SettingsError(f"DATA_DIR {folder}: another process uses it") from error
        yield folder / FILE_NAME


def open_for_writing(path: Path) -> sqlite3.Connection:
    """The one writing connection; a file that is damaged or of another form is made anew."""
    try:
        return _opened(path)
    except sqlite3.DatabaseError as error:
        logger.warning("table.dropped", extra={"path": str(path), "reason": str(error)})
    remove(path)
    return _opened(path)


def purge_marks(connection: sqlite3.Connection, before_ms: int, most: int) -> int:
    """Remove marks of jobs that were deleted before *before_ms*, at most *most*; how many were.

    Where the last of them came from is kept: a reader who has not seen that can only begin anew.
    """
    marks: list[Any] = connection.execute(_MARKS, (GONE, before_ms, most)).fetchall()
    if marks:
        places = [place_of(origin)[1:] for _, origin in marks]
        connection.executemany(_PURGED, [(index, offset + 1) for index, offset in places])
        connection.executemany("DELETE FROM jobs WHERE job_id = ?", [mark[:1] for mark in marks])
        less = "UPDATE counts SET jobs = jobs - ? WHERE status = ? AND stage = 0"
        connection.execute(less, (len(marks), GONE))
    return len(marks)


def give_back(connection: sqlite3.Connection) -> bool:
    """Give some of the file's free pages back to the disk; whether more are to follow.

    A few stay, for what comes next: a file that grew again at once would be written twice.
    """
    pages, free = (_number(connection, name) for name in ("page_count", "freelist_count"))
    spare = free - max((pages - free) // _SPARE_PART, _SPARE_PAGES)
    if spare <= 0:
        return False
    # One step of it gives back one page, and `execute` takes one: a script is taken to its end.
    connection.executescript(f"PRAGMA incremental_vacuum({min(spare, _PAGES_AT_ONCE)})")
    # The file itself is cut when what was logged is written into it.
    connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
    # A file that an earlier release made gives nothing back.
    return 0 < _number(connection, "freelist_count") < free and spare > _PAGES_AT_ONCE


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    return int(connection.execute(f"PRAGMA {pragma}").fetchone()[0])


def remove(path: Path) -> None:
    """Remove the file; nobody may have it open."""
    # A log left behind would be played into the new file.
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def open_for_reading(path: Path) -> sqlite3.Connection:
    """A connection that any thread may use, one at a time."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    # The table has one writer; a mistake here fails instead of becoming a second one.
    connection.execute("PRAGMA query_only = 1")
    connection.create_function("fold", 1, str.casefold, deterministic=True)
    return connection


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        for pragma in _PRAGMAS:
            connection.execute(pragma)
        _ensure_form(connection)
    except sqlite3.DatabaseError:
        connection.close()
        raise
    return connection


def _ensure_form(connection: sqlite3.Connection) -> None:
    found = connection.execute("PRAGMA user_version").fetchone()[0]
    if found not in {0, FORMAT}:
        raise sqlite3.DatabaseError(f"its form is {found}, this program's {FORMAT}")
    if found == 0:
        script = f"BEGIN; {TABLES} PRAGMA user_version = {FORMAT}; COMMIT;"
        connection.executescript(script)
