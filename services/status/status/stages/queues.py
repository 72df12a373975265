"""What the table says of each stage; a handful of look-ups, however many jobs there are."""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from headway.declared.pipeline import Pipeline
from status.answers.query import Snapshot
from status.table.database import STAGE
from status.table.position import Position
from status.table.row import Standing

_COUNTS: Final = "SELECT status, stage, jobs FROM counts WHERE jobs > 0"
#: Neither looks at more than one job: each is the first entry of a range of an index.
_FIRST_SUBMITTED: Final = """
    SELECT submitted_at FROM jobs WHERE status = ? ORDER BY submitted_at LIMIT 1
"""
_FIRST_SINCE: Final = f"""
    SELECT since FROM jobs WHERE status = ? AND {STAGE} = ? AND since IS NOT NULL
    ORDER BY since LIMIT 1
"""  # noqa: S608 - parts of our own


class Queue(NamedTuple):
    """Jobs by what they do at a stage; `oldest_at` is when the one that waits longest began to.

    `due_at` is when the earliest try is due; both in ms, None if there is none. `held` are those
    that wait for their time, or for the stage's window.
    """

    stage: str
    label: str
    waiting: int
    running: int
    retries_pending: int
    oldest_at: int | None
    due_at: int | None
    held: int = 0

    def oldest_seconds(self, now_ms: int) -> float:
        """How long the job has waited at *now_ms* that waits longest; 0 if none does."""
        return _past(self.oldest_at, now_ms)

    def overdue_seconds(self, now_ms: int) -> float:
        """How long ago at *now_ms* the earliest try was due; 0 if none is overdue."""
        return _past(self.due_at, now_ms)


class Queues(NamedTuple):
    """Those of all stages, in their order, and how many jobs have each status, at one moment."""

    stages: tuple[Queue, ...]
    jobs: Mapping[str, int]
    position: Position


def queues(snapshot: Snapshot, pipeline: Pipeline) -> Queues:
    """What *snapshot* says of the stages."""
    return Queues(tuple(_stages(snapshot, pipeline)), snapshot.counts(), snapshot.position)


def _stages(snapshot: Snapshot, pipeline: Pipeline) -> Iterator[Queue]:
    jobs = {(status, stage): count for status, stage, count in snapshot.rows(_COUNTS)}
    before = pipeline.queued.name
    for stage in pipeline.stages:
        line, tries = (before, stage.index - 1), (pipeline.retry_scheduled, stage.index)
        yield Queue(
            stage=stage.name,
            label=stage.label,
            waiting=jobs.get(line, 0),
            running=jobs.get((stage.running.name, stage.index), 0),
            retries_pending=jobs.get(tries, 0),
            oldest_at=_oldest_at(snapshot, line),
            due_at=_first(snapshot.rows(_FIRST_SINCE, tries)),
            held=jobs.get((pipeline.scheduled, stage.index), 0),
        )
        before = stage.done.name


def _oldest_at(snapshot: Snapshot, line: Standing) -> int | None:
    status, stage_before = line
    if stage_before:
        return _first(snapshot.rows(_FIRST_SINCE, line))
    return _first(snapshot.rows(_FIRST_SUBMITTED, (status,)))


def _first(rows: list[tuple[int]]) -> int | None:
    return rows[0][0] if rows else None


def _past(at: int | None, now_ms: int) -> float:
    # Clocks of machines differ: what was said in the future was said just now.
    return 0.0 if at is None else max(now_ms - at, 0) / 1000
