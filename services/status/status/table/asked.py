"""What was asked of jobs, and where they failed: kept beside their rows, in no order with them.

Of the commands for a job the newest in the topic counts, and of the results those that name it. A
command for a job that is unknown is kept too, as the job may be read later; it makes no row.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from status.table.row import Row


class Command(NamedTuple):
    """One record of job-commands; the fields are the table's columns. `at` is when it came, ms."""

    job_id: str
    origin: int
    at: int
    command_id: str
    kind: str
    attempt: int
    by: str


class Result(NamedTuple):
    """One record of command-results; the fields are the table's columns."""

    job_id: str
    command_id: str
    origin: int
    at: int
    accepted: bool
    reason: str


class Failure(NamedTuple):
    """Where the dead letter of a job lies that failed by the state at `origin`."""

    job_id: str
    origin: int
    topic: str
    partition: int
    offset: int
    retry_available: bool


class Notes(NamedTuple):
    """What a batch says beside the rows; what was asked before a moment (ms) is forgotten."""

    commands: Sequence[Command] = ()
    results: Sequence[Result] = ()
    failures: Sequence[Failure] = ()
    forget_before: int = 0


class Asked(NamedTuple):
    """What was asked of a job last; `accepted` and `reason` are None while nobody has answered."""

    command_id: str
    kind: str
    attempt: int
    by: str
    at: int
    accepted: int | None
    reason: str | None


class Job(NamedTuple):
    """A job as it is shown: its row, and what was asked of it."""

    row: Row
    asked: Asked | None = None

    @staticmethod
    def of(columns: tuple[object, ...]) -> "Job":
        """The job in what a query for `COLUMNS` found."""
        row = Row._make(columns[:_OF_ROW])
        asked = columns[_OF_ROW:]
        return Job(row, None if asked[0] is None else Asked._make(asked))

    @property
    def job_id(self) -> str:
        return self.row.job_id

    @property
    def gone(self) -> bool:
        return self.row.gone


_OF_ROW: Final = len(Row._fields)
COLUMNS: Final = (
    "jobs.*, asked.command_id, asked.kind, asked.attempt, asked.by, asked.at, "
    "result.accepted, result.reason"
)
#: From jobs to what was asked of them.
WITH_ASKED: Final = """
    LEFT JOIN commands AS asked ON asked.job_id = jobs.job_id
    LEFT JOIN results AS result
        ON result.job_id = asked.job_id AND result.command_id = asked.command_id
"""
TABLES: Final = """
    CREATE TABLE commands (
        job_id TEXT PRIMARY KEY,
        origin INTEGER NOT NULL,
        at INTEGER NOT NULL,
        command_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        attempt INTEGER NOT NULL,
        by TEXT NOT NULL
    );
    CREATE TABLE results (
        job_id TEXT NOT NULL,
        command_id TEXT NOT NULL,
        origin INTEGER NOT NULL,
        at INTEGER NOT NULL,
        accepted INTEGER NOT NULL,
        reason TEXT NOT NULL,
        PRIMARY KEY (job_id, command_id)
    );
    CREATE TABLE failures (
        job_id TEXT PRIMARY KEY,
        origin INTEGER NOT NULL,
        topic TEXT NOT NULL,
        partition INTEGER NOT NULL,
        "offset" INTEGER NOT NULL,
        retry_available INTEGER NOT NULL
    );
"""
NAMES: Final = ("commands", "results", "failures")
INDEXES: Final = {
    "commands_by_origin": "commands (origin)",
    "commands_by_age": "commands (at)",
    "results_by_origin": "results (origin)",
    "results_by_age": "results (at)",
}
#: A record that is read again changes nothing, nor does one that is older than what is known.
KEEP_COMMAND: Final = """
    INSERT INTO commands VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (job_id) DO UPDATE SET origin = excluded.origin, at = excluded.at,
        command_id = excluded.command_id, kind = excluded.kind, attempt = excluded.attempt,
        by = excluded.by
    WHERE excluded.origin > commands.origin
"""
KEEP_RESULT: Final = """
    INSERT INTO results VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (job_id, command_id) DO UPDATE SET origin = excluded.origin, at = excluded.at,
        accepted = excluded.accepted, reason = excluded.reason
    WHERE excluded.origin > results.origin
"""
KEEP_FAILURE: Final = "INSERT OR REPLACE INTO failures VALUES (?, ?, ?, ?, ?, ?)"
#: Of what is older nothing is told any more (`status.answers.views`).
FORGET: Final = ("DELETE FROM commands WHERE at < ?", "DELETE FROM results WHERE at < ?")
