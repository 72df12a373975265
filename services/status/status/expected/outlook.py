"""What is to be expected, at one moment: of each stage, and so of each job. Pure.

The stages are taken as lines in a row, first come first served, each emptied at its own rate: what
is before a job in its line is before it in every line to come.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from headway.declared.window import Window
from status.expected.line import Line
from status.expected.measured.runs import Taken

#: Said of what is over in a moment: it is not over.
LEAST_SECONDS: Final = 0.1


class Standing(NamedTuple):
    """Where a job is: in line for *stage* (its number, from 0) since a moment, or running in it.

    `at` is when it began to wait or to run, in ms; `told` the share that its run says is done. A
    closed window holds it by its tags. Its `lane` is the same in all stages.
    """

    stage: int
    at: int
    runs: bool = False
    told: float = 0.0
    tags: tuple[str, ...] = ()
    lane: int | None = None


class Expected(NamedTuple):
    """How many are before a job in line, None if it waits in none; and s to its end, if known."""

    place: int | None = None
    seconds: float | None = None


NOTHING: Final = Expected()


@dataclass(frozen=True, slots=True, kw_only=True)
class StageOutlook:
    """`rate`: jobs a second if there is a line, if known; `wait`: s in line if there is none.

    `apart` are the runs of lanes whose instances are slower or quicker than the others.
    A stage that does not move, or is kept from moving, is *still*: nobody knows for how long.
    """

    line: Line = field(default_factory=Line)
    busy: bool = False
    rate: float | None = None
    wait: float = 0.0
    running: int = 0
    runs: Taken = field(default_factory=Taken)
    apart: Mapping[int, Taken] = field(default_factory=dict)
    still: bool = False
    window: Window | None = None

    def holds(self, tags: tuple[str, ...], at_ms: float) -> bool:
        """Whether a job of these tags would be held that came at that moment, by the calendar."""
        if self.window is None or not self.window.holds(tags):
            return False
        return not self.window.is_open(round(at_ms))

    def runs_in(self, lane: int | None) -> Taken:
        return self.runs if lane is None else self.apart.get(lane, self.runs)

    def begins(self, arrival: float, ahead: int) -> float | None:
        """In how many seconds a job runs that comes in *arrival* s, behind *ahead* others."""
        if self.still:
            return None
        if not self.busy:
            served = ahead / self.rate if self.rate else 0.0
            return max(arrival + self.wait, served)
        return max(arrival, (ahead + 1) / self.rate) if self.rate else None


@dataclass(frozen=True, slots=True)
class Outlook:
    """Immutable, so safe to share by threads."""

    stages: Sequence[StageOutlook] = ()

    def of(self, standing: Standing | None, now_ms: int) -> Expected:
        """What a job at *standing* has before it at *now_ms*; None stands nowhere."""
        if standing is None or standing.stage >= len(self.stages):
            return NOTHING
        stage = self.stages[standing.stage]
        if standing.runs:
            elapsed = max(now_ms - standing.at, 0) / 1000
            run = None if stage.still else stage.runs_in(standing.lane).left(elapsed, standing.told)
            left = self._from(standing._replace(stage=standing.stage + 1), now_ms, run, 0)
            return Expected(None, left)
        place = stage.line.place(standing.at)
        left = self._from(standing, now_ms, 0.0, place - stage.line.waiting)
        return Expected(place, left)

    def of_next(self, now_ms: int, more: int = 0) -> Expected:
        """What a job would have before it that came now, behind *more* that are not seen yet."""
        if not self.stages:
            return NOTHING
        left = self._from(Standing(0, now_ms), now_ms, 0.0, more)
        return Expected(self.stages[0].line.waiting + more, left)

    def runs_alone(self) -> float | None:
        """How long a job takes that waits for nobody."""
        runs = [stage.runs.median for stage in self.stages]
        known = [run for run in runs if run is not None]
        return sum(known) if known and len(known) == len(runs) else None

    def _from(self, standing: Standing, now_ms: int, at: float | None, ahead: int) -> float | None:
        """Seconds to the end of a job that comes to the line it stands in *at* s from now.

        *ahead* are those before it that no line holds; below 0, how many of the first line are not.
        """
        for stage in self.stages[standing.stage :]:
            ahead += stage.line.waiting
            begins = None if at is None else stage.begins(at, ahead)
            run = stage.runs_in(standing.lane).median
            if begins is None or run is None:
                return None
            if stage.holds(standing.tags, now_ms + begins * 1000):
                return None
            at, ahead = begins + run, ahead + stage.running
        return None if at is None else max(at, LEAST_SECONDS)
