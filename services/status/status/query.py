"""Reading the table: always one snapshot, in which rows and offsets belong together."""

import json
import queue
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple, Self

from status.database import open_for_reading
from status.position import RESUMED, Position, Source, Vector, origin_of
from status.row import Row

#: Reads that run at once; they are short, and one core serves them.
_CONNECTIONS: Final = 4
_NEWER: Final = "SELECT * FROM jobs WHERE origin >= ? AND origin < ? ORDER BY origin LIMIT ?"
_OF_JOBS: Final = """
    SELECT jobs.* FROM json_each(?) AS wanted CROSS JOIN jobs ON jobs.job_id = wanted.value
"""


class Page(NamedTuple):
    """Rows newer than a vector, and the position of one who has seen them.

    `last` says that nothing newer was left when the snapshot of that `sequence` was taken.
    """

    rows: list[Row]
    position: Position
    last: bool
    sequence: int


class Snapshot:
    """The table at one moment; valid inside `Table.snapshot` only."""

    def __init__(self, db: sqlite3.Connection, partitions: int) -> None:
        self._db = db
        self._partitions = partitions

    @property
    def sequence(self) -> int:
        row = self._db.execute("SELECT sequence FROM book").fetchone()
        return int(row[0]) if row else 0

    @property
    def position(self) -> Position:
        epoch = self._db.execute("SELECT epoch FROM book").fetchone()
        vector = Vector.beginning(self._partitions)
        rows = self._db.execute("SELECT source, partition, next_offset FROM offsets")
        for number, partition, offset in rows:
            source = Source(number)
            if source in RESUMED:
                vector = vector.advanced(source, partition, offset)
        return Position(epoch[0] if epoch else "", vector)

    def counts(self) -> dict[str, int]:
        """How many jobs are in each status that has any."""
        rows = self._db.execute("SELECT status, jobs FROM counts WHERE jobs > 0 AND status <> ''")
        return dict(rows.fetchall())

    def job(self, job_id: str) -> Row | None:
        """The job's row, also if the job is gone."""
        row = self._db.execute("SELECT * FROM jobs WHERE job_id = ?", (job_id,)).fetchone()
        return Row._make(row) if row else None

    def jobs(self, job_ids: Iterable[str]) -> list[Row]:
        """The rows of these jobs, also of those that are gone."""
        return self.rows(_OF_JOBS, (json.dumps(list(job_ids)),))

    def newer(self, vector: Vector, limit: int) -> Page:
        """At most *limit* rows written by records that *vector* has not seen."""
        end = self.position
        rows: list[Row] = []
        for source in RESUMED:
            for partition, stop in enumerate(end.vector.of(source)):
                bounds = (vector.of(source)[partition], stop)
                found = self._written(source, partition, bounds, limit - len(rows))
                rows += found
                full = len(rows) == limit
                seen = found[-1].origin + 1 - origin_of(source, partition, 0) if full else stop
                vector = vector.advanced(source, partition, seen)
                if full:
                    return Page(
                        rows, Position(end.epoch, vector), last=False, sequence=self.sequence
                    )
        return Page(rows, Position(end.epoch, vector), last=True, sequence=self.sequence)

    def rows(self, sql: str, values: tuple[object, ...]) -> list[Row]:
        """The rows a query for all columns of `jobs` finds."""
        return [Row._make(row) for row in self._db.execute(sql, values)]

    def _written(
        self, source: Source, partition: int, bounds: tuple[int, int], limit: int
    ) -> list[Row]:
        first, last = [origin_of(source, partition, offset) for offset in bounds]
        return self.rows(_NEWER, (first, last, limit)) if first < last else []


class Table:
    """The file as readers see it; safe to share by threads."""

    def __init__(self, path: Path, partitions: int, connections: int = _CONNECTIONS) -> None:
        self.partitions = partitions
        self._connections = connections
        self._idle: queue.LifoQueue[sqlite3.Connection] = queue.LifoQueue()
        for _ in range(connections):
            self._idle.put(open_for_reading(path))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        for _ in range(self._connections):
            self._idle.get().close()

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """The table as it is now. Blocks while more reads run than there are connections.

        Hold it for milliseconds only: the log of newer commits grows meanwhile.
        """
        db = self._idle.get()
        try:
            db.execute("BEGIN")
            yield Snapshot(db, self.partitions)
        finally:
            db.rollback()
            self._idle.put(db)

    def jobs(self, job_ids: Iterable[str]) -> list[Row]:
        """The rows of these jobs as they are now."""
        with self.snapshot() as snapshot:
            return snapshot.jobs(job_ids)
