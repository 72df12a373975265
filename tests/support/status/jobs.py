"""Lives of one job with everything that may befall it, as rows and reports in their true order."""

import random
from dataclasses import dataclass, field
from typing import Any

from support.status.rows import HELD, QUEUED, RUNNING, WAITING, WAITS

from status.table.draft import Draft, Write
from status.table.merge import Report
from status.table.row import Row, queued_rank, rank_of

_MOST_ATTEMPTS = 4
_STAGES = ((1, 30), (2, 70))


@dataclass
class Life:
    """What the topics hold of one job, up to some moment of its life."""

    rng: random.Random
    told: list[Row | Report] = field(default_factory=list)

    @staticmethod
    def of(rng: random.Random) -> "Life":
        """It is held, runs, is tried again, fails, is redriven or cancelled, or is on its way."""
        life = Life(rng)
        attempt, stage = 1, 0
        while stage < len(_STAGES):
            end = life._stage(attempt, *_STAGES[stage])
            stage += end == "done"
            if end == "over" and attempt < _MOST_ATTEMPTS and rng.random() < 0.5:
                attempt += 1
                index, low = _STAGES[stage]
                life._say(attempt, index, 0, WAITING, low)
            elif end == "over":
                break
        life.told = life.told[: rng.randint(1, len(life.told))]
        return life

    @property
    def submissions(self) -> list[Row]:
        """Its submission, a duplicate, and one of an attempt that a state has opened already."""
        rows = [QUEUED, QUEUED._replace(submitted_at=1007)]
        attempt = self.states[-1].attempt
        return rows if attempt == 1 else [*rows, QUEUED._replace(rank=queued_rank(attempt))]

    @property
    def states(self) -> list[Row]:
        return [told for told in self.told if isinstance(told, Row)]

    @property
    def reports(self) -> list[Report]:
        return [told for told in self.told if isinstance(told, Report)]

    def _stage(self, attempt: int, stage: int, low: int) -> str:
        reached = low
        if self.rng.random() < 0.3:
            self._say(attempt, stage, 0, HELD, low)
        for _ in range(self.rng.choice((1, 1, 2, 3))):
            self._say(attempt, stage, 0, f"PROCESS_{stage}_RUNNING", low)
            reached = self._report(attempt, stage, low, reached)
            if self.rng.random() < 0.5:
                self._say(attempt, stage, 0, WAITING, reached)
            if self.rng.random() < 0.2:
                return self._end(attempt, stage, "CANCELLED", reached)
        if self.rng.random() < 0.4:
            return self._end(attempt, stage, "FAILED", reached)
        self._say(attempt, stage, 1, f"PROCESS_{stage}_DONE", low + 20)
        return "done"

    def _report(self, attempt: int, stage: int, low: int, reached: int) -> int:
        for _ in range(self.rng.randrange(4)):
            percent = low + self.rng.randrange(20)
            reached = max(reached, percent)
            rank = rank_of(attempt, stage, 0)
            self.told.append(Report("j", rank, percent, f"{len(self.told)}"))
        return reached

    def _end(self, attempt: int, stage: int, status: str, reached: int) -> str:
        self._say(attempt, stage, 1, status, reached, final=True)
        return "over"

    def _say(
        self,
        attempt: int,
        stage: int,
        step: int,
        status: str,
        progress: int,
        *,
        final: bool = False,
    ) -> None:
        rank, origin = rank_of(attempt, stage, step, final=final), 10 + len(self.told)
        row = RUNNING._replace(rank=rank, status=status, progress=progress, origin=origin)
        self.told.append(row)


def read_in_any_order(
    rng: random.Random, submissions: list[Row], states: list[Row], reports: list[Report]
) -> list[Row]:
    """The rows that are shown batch after batch, each topic in its own order."""
    topics: list[list[Any]] = [list(submissions), list(states), list(reports)]
    row: Row | None = None
    early: list[Report] = []
    shown: list[Row] = []
    while any(topics):
        parts = [[topic.pop(0) for _ in range(rng.randint(0, len(topic)))] for topic in topics]
        draft = Draft({"j": row} if row else {}, early, waiting=WAITS)
        draft.submissions(parts[0])
        # Of a batch the last state of a job is read alone.
        draft.states(parts[1][-1:])
        draft.reports(parts[2])
        for moved in (r for write in Write for r in draft.written(write)):
            row = moved
            shown.append(as_shown(moved))
        jobs, kept = draft.early()
        early = kept if jobs else early
    return shown


def as_shown(row: Row) -> Row:
    """*row* as it is told: one that waits has no note."""
    return row._replace(note="") if row.status in WAITS else row
