"""Tells readers of events how lines and ends move, coarsely: no event a job a second.

Whoever watches one job hears where that is, once it is not as was told and has run down since. All
hear of the lines, in a few points each from which the place of any job can be read: one event,
however many wait.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

from headway.base.clock import Clock
from status.answers.query import Found
from status.answers.views import JsonObject
from status.events.hub import Hub
from status.expected.expectations import Expectations, shown
from status.expected.outlook import NOTHING, Expected
from status.expected.points import Points, points
from status.table.asked import Job
from status.table.damage import TableDamaged

#: Jobs looked at in one go, in turn: reading them takes the event loop a few ms.
_AT_ONCE: Final = 200
#: A reader notices no less than this share, and no less than a second.
_SHARE: Final = 0.1
_LEAST_SECONDS: Final = 1.0
#: How long the lines rest between two tellings, and for each reader: telling all of them takes
#: the event loop a tenth of that.
_REST_SECONDS: Final = 2.0
_REST_SECONDS_EACH: Final = 0.002


class _Told(NamedTuple):
    what: Expected
    at: float

    def differs(self, now: Expected, at: float) -> bool:
        """Whether *now* is not what was told, less the time that has gone since."""
        was = self.what.seconds
        left = None if was is None else max(was - (at - self.at), 0.0)
        return _moved(self.what.place, now.place) or _moved(left, now.seconds, _LEAST_SECONDS)


class Expecting:
    """Used on the event loop; *read* finds jobs in the table."""

    def __init__(
        self,
        hub: Hub,
        expectations: Expectations,
        read: Callable[[Iterable[str]], Found],
        clock: Clock,
    ) -> None:
        self._hub = hub
        self._expectations = expectations
        self._read = read
        self._clock = clock
        self._told: dict[str, _Told] = {}
        self._after = ""
        self._lines: Sequence[Points] = ()
        self._lines_at = float("-inf")

    def tell(self) -> None:
        """Tell what has moved; called after each look."""
        self._tell_jobs()
        self._tell_lines()

    def _tell_jobs(self) -> None:
        watched = self._hub.watched
        self._told = {job_id: told for job_id, told in self._told.items() if job_id in watched}
        turn = self._next(watched)
        try:
            jobs = self._read(turn).jobs if turn else []
        except (sqlite3.Error, TableDamaged):
            return  # the reader knows
        for job in jobs:
            self._tell_job(job)

    def _next(self, watched: Iterable[str]) -> list[str]:
        """Those whose turn it is, by their names: behind the last one, and from the first again."""
        names = sorted(watched)
        later = [name for name in names if name > self._after]
        turn = (later or names)[:_AT_ONCE]
        self._after = turn[-1] if turn and len(turn) < len(names) else ""
        return turn

    def _tell_job(self, job: Job) -> None:
        at, now = self._clock.monotonic(), self._expectations.of(job.row)
        told = self._told.get(job.job_id, _Told(NOTHING, at))
        if told.differs(now, at):
            self._told[job.job_id] = _Told(now, at)
            self._hub.tell_of(job.job_id, "expected", {"job_id": job.job_id, **shown(now)})

    def _tell_lines(self) -> None:
        now = self._clock.monotonic()
        rest = max(_REST_SECONDS, _REST_SECONDS_EACH * len(self._hub))
        if now < self._lines_at + rest or not self._lines_moved():
            return
        self._lines_at = now
        self._lines = points(self._expectations.now, self._expectations.lines, self._clock.now_ms())
        self._hub.tell_all("lines", _shown(self._lines))

    def _lines_moved(self) -> bool:
        """Whether any place is not as it was told."""
        now = self._expectations.now.stages
        if len(now) != len(self._lines):
            return not self._lines or any(line.waiting for line in self._lines)
        return any(
            _moved(told.waiting, stage.line.waiting)
            or any(_moved(place, stage.line.place(since)) for since, place, _ in told.points)
            for told, stage in zip(self._lines, now, strict=True)
        )


def _moved(was: float | None, now: float | None, least: float = 0.0) -> bool:
    if was is None or now is None:
        return was is not now
    return abs(now - was) > max(least, _SHARE * was)


def _shown(lines: Iterable[Points]) -> JsonObject:
    return {"lines": [line._asdict() for line in lines]}
