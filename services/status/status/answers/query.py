"""Reading the table: always one snapshot, in which rows and offsets belong together."""

import json
import queue
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

from status.table.asked import COLUMNS, WITH_ASKED, Job
from status.table.damage import Damage, TableDamaged
from status.table.database import open_for_reading
from status.table.position import ASKING, WRITING, Position, Source, Vector, origin_of

#: Reads that run at once; they are short, and one core serves them.
_CONNECTIONS: Final = 4
#: Jobs, and what was asked of them; conditions follow.
JOBS: Final = f"SELECT {COLUMNS} FROM jobs {WITH_ASKED}"  # noqa: S608 - parts of our own
#: CROSS, so that jobs come in the order of their tag.
TAGGED: Final = (
    f"SELECT {COLUMNS} FROM tagged CROSS JOIN jobs ON jobs.job_id = tagged.job_id {WITH_ASKED}"  # noqa: S608 - likewise
)
_WRITTEN: Final = f"""
    SELECT jobs.origin, {COLUMNS} FROM jobs {WITH_ASKED}
    WHERE jobs.origin >= ? AND jobs.origin < ? ORDER BY jobs.origin LIMIT ?
"""  # noqa: S608 - likewise
#: CROSS, since SQLite's planner may turn another join around and walk over every job there is.
_ASKED: Final = f"""
    SELECT newer.origin, {COLUMNS}
    FROM %s AS newer CROSS JOIN jobs ON jobs.job_id = newer.job_id AND jobs.status <> ''
    {WITH_ASKED}
    WHERE newer.origin >= ? AND newer.origin < ? ORDER BY newer.origin LIMIT ?
"""  # noqa: S608 - likewise
#: By source: the jobs that its records tell of, with the origins of these.
_NEWER: Final = {
    **dict.fromkeys(WRITING, _WRITTEN),
    Source.COMMANDS: _ASKED % "commands",
    Source.RESULTS: _ASKED % "results",
}
#: JSON, since SQLite bounds how many values a statement takes.
_OF_JOBS: Final = f"""
    SELECT {COLUMNS} FROM json_each(?) AS wanted CROSS JOIN jobs ON jobs.job_id = wanted.value
    {WITH_ASKED}
"""  # noqa: S608 - likewise

_COUNTS: Final = """
    SELECT status, sum(jobs) FROM counts WHERE status <> '' GROUP BY status HAVING sum(jobs) > 0
"""


class Found(NamedTuple):
    """Jobs, and the position of the table they were read from."""

    jobs: list[Job]
    position: Position


class Page(NamedTuple):
    """Jobs newer than a vector, and the positions of who has seen some and all of them.

    `last` says that nothing newer was left when the snapshot of that `sequence` was taken. `told`
    is false if jobs were deleted that the vector has not seen, and nothing tells of that any more.
    """

    jobs: list[Job]
    within: Position
    position: Position
    last: bool
    sequence: int
    told: bool = True


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
        rows = self._db.execute("SELECT source, partition, next_offset FROM offsets")
        ends = {(source, partition): offset for source, partition, offset in rows}
        vector = Vector.of_ends(self._partitions, ends)
        return Position.at(epoch[0] if epoch else "", vector)

    @property
    def complete(self) -> bool:
        """Whether the table has once held all there was."""
        row = self._db.execute("SELECT complete FROM book").fetchone()
        return bool(row and row[0])

    def counts(self) -> dict[str, int]:
        """How many jobs are in each status that has any."""
        return dict(self.rows(_COUNTS))

    def job(self, job_id: str) -> Job | None:
        """The job, also if it is gone."""
        found = self.found(f"{JOBS} WHERE jobs.job_id = ?", (job_id,))
        return found[0] if found else None

    def jobs(self, job_ids: Iterable[str]) -> list[Job]:
        """These jobs, also those that are gone."""
        return self.found(_OF_JOBS, (json.dumps(list(job_ids)),))

    def newer(self, vector: Vector, limit: int) -> Page:
        """At most *limit* jobs of which there are records that *vector* has not seen."""
        end, told = self.position, self._tells(vector)
        if vector == Vector.beginning(self._partitions):
            # Every job comes, and with it what was asked of it.
            vector = end.vector.but(vector, WRITING)
        seen = vector.joined(end.vector)
        jobs: dict[str, Job] = {}
        after, last = vector, True
        for source, partition in _places(self._partitions):
            bounds = (vector.of(source)[partition], end.vector.of(source)[partition])
            room = limit - len(jobs)
            found = self._newer(source, partition, bounds, room)
            jobs.update((job.job_id, job) for _, job in found)
            if len(found) == room:
                # The page ends inside this partition: behind the last record, not at its end.
                reached = found[-1][0] + 1 - origin_of(source, partition, 0)
                after, last = after.advanced(source, partition, reached), False
                break
            after = after.advanced(source, partition, bounds[1])
        return Page(
            list(jobs.values()),
            within=Position(end.epoch, vector, seen),
            position=Position(end.epoch, seen if last else after, seen),
            last=last,
            sequence=self.sequence,
            told=told,
        )

    def rows(self, sql: str, values: tuple[object, ...] = ()) -> list[Any]:
        """What any other query finds."""
        return self._db.execute(sql, values).fetchall()

    def found(self, sql: str, values: tuple[object, ...]) -> list[Job]:
        """The jobs that a query for `COLUMNS` finds."""
        return [Job.of(columns) for columns in self._db.execute(sql, values)]

    def _tells(self, vector: Vector) -> bool:
        """Whether all can be told that *vector* has not seen; who knows nothing misses nothing."""
        purged = self._db.execute("SELECT partition, next_offset FROM purged").fetchall()
        seen = vector.of(Source.STATE)
        missed = any(seen[partition] < offset for partition, offset in purged)
        return not missed or vector == Vector.beginning(self._partitions)

    def _newer(
        self, source: Source, partition: int, bounds: tuple[int, int], limit: int
    ) -> list[tuple[int, Job]]:
        first, last = [origin_of(source, partition, offset) for offset in bounds]
        if first >= last:
            return []
        rows = self._db.execute(_NEWER[source], (first, last, limit))
        return [(row[0], Job.of(row[1:])) for row in rows]


def _places(partitions: int) -> Iterator[tuple[Source, int]]:
    """Every partition whose records tell of jobs, in the order of origins."""
    sources = (*WRITING, *ASKING)
    return ((source, partition) for source in sources for partition in range(partitions))


class Table:
    """The file as readers see it; safe to share by threads."""

    def __init__(
        self,
        path: Path,
        partitions: int,
        connections: int = _CONNECTIONS,
        damage: Damage | None = None,
    ) -> None:
        self.partitions = partitions
        self._path = path
        self._connections = connections
        self._damage = damage or Damage()
        # The last one used is taken first: its cache still holds the pages that are asked for.
        self._idle: queue.LifoQueue[sqlite3.Connection] = queue.LifoQueue()
        self._open()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._close()

    @contextmanager
    def closed(self) -> Iterator[None]:
        """The file may be replaced meanwhile; who reads waits. Blocks while reads are running."""
        self._close()
        try:
            yield
        finally:
            self._open()

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """The table as it is now. Blocks while more reads run than there are connections.

        Hold it for milliseconds only: the log of newer commits grows meanwhile.

        Raises:
            TableDamaged: the file has to be made anew, which the reader now knows.
        """
        db = self._idle.get()
        try:
            db.execute("BEGIN")
            yield Snapshot(db, self.partitions)
        except sqlite3.Error as error:
            if self._damage.met(error):
                raise TableDamaged(str(error)) from error
            raise
        finally:
            # A connection that fails even in this is given back all the same: were it kept, the
            # next who asks would wait for ever.
            with suppress(sqlite3.Error):
                db.rollback()
            self._idle.put(db)

    def _open(self) -> None:
        for _ in range(self._connections):
            self._idle.put(open_for_reading(self._path))

    def _close(self) -> None:
        for _ in range(self._connections):
            self._idle.get().close()

    def jobs(self, job_ids: Iterable[str]) -> Found:
        """These jobs as they are now."""
        with self.snapshot() as snapshot:
            return Found(snapshot.jobs(job_ids), snapshot.position)
