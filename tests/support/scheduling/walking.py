"""A state topic in a list, read in chunks, and a pass over it."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any

from support.clock import ManualClock
from support.scheduling.states import job

from headway.wire.commands import REPROCESS
from scheduler.declared.crontab import Crontab
from scheduler.lane.desk import Desk
from scheduler.lane.job import Job
from scheduler.passes.chunk import Chunk
from scheduler.passes.pace import Pace
from scheduler.passes.quiet import Quiet
from scheduler.rules.passing import WalkingPass
from scheduler.rules.rule import Named

NAME = "again"


class ListWalker:
    """Reads *states*, None for a tombstone of that job, a few at a time; answers at once."""

    def __init__(self, states: Sequence[dict[str, Any]], at_once: int = 3) -> None:
        self._states = states
        self._at_once = at_once
        self.read_from: list[int] = []

    def read(self, _lane: int, offset: int) -> Future[Chunk]:
        self.read_from.append(offset)
        end = min(offset + self._at_once, len(self._states))
        found = [
            (value["job_id"], at, job(value, at) if len(value) > 1 else None)
            for at, value in enumerate(self._states[offset:end], offset)
        ]
        answer: Future[Chunk] = Future()
        answer.set_result(Chunk(found, max(end, offset), ended=end == len(self._states)))
        return answer

    def close(self) -> None:
        """There is nothing to let go of."""


class Failed(Quiet):
    """Over jobs that failed."""

    def matches(self, each: Job, now_ms: int) -> bool:
        del now_ms
        return each.status == "FAILED"

    def act(self, each: Job, desk: Desk) -> None:
        desk.command(REPROCESS, each.job_id, each.attempt, stage=each.stage, from_stage="p1")


def walking_pass(
    walker: ListWalker,
    clock: ManualClock,
    *,
    per_second: float = 1000,
    at: str = "0 0 * * *",
    most_kept: int = 1000,
) -> WalkingPass:
    """A pass over jobs that failed, every midnight."""
    named = Named(name=NAME, kind="reprocess", about="x")
    crontab = Crontab(at, "UTC")
    pace = Pace(per_second, clock)
    return WalkingPass(named, crontab, Failed(), walker=walker, pace=pace, most_kept=most_kept)


def turned(clock: ManualClock, turn: Callable[[], None], times: int = 60) -> None:
    """So many turns, a tenth of a second each."""
    for _ in range(times):
        clock.advance(0.1)
        turn()
