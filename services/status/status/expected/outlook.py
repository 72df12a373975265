"""What is to be expected, at one moment: of each stage, and so of each job. Pure.

The stages are taken as lines in a row, first come first served, each emptied at its own rate: what
is before a job in its line is before it in every line to come.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from status.expected.line import Line
from status.expected.runs import Taken

#: Said of what is over in a moment: it is not over.
LEAST_SECONDS: Final = 0.1


class Standing(NamedTuple):
    """Where a job is: in line for *stage* (its number, from 0) since a moment, or running in it.

    `at` is when it began to wait or to run, in ms; `told` the share that its run says is done.
    """

    stage: int
    at: int
    runs: bool = False
    told: float = 0.0


class Expected(NamedTuple):
    """How many are before a job in line, None if it waits in none; and s to its end, if known."""

    place: int | None = None
    seconds: float | None = None


NOTHING: Final = Expected()


@dataclass(frozen=True, slots=True, kw_only=True)
class StageOutlook:
    """`rate`: jobs a second if there is a line, if known; `wait`: s in line if there is none.

    A stage that does not move, or is kept from moving, is *still*: nobody knows for how long.
    """

    line: Line = field(default_factory=Line)
    busy: bool = False
    rate: float | None = None
    wait: float = 0.0
    running: int = 0
    runs: Taken = field(default_factory=Taken)
    still: bool = False

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
            run = None if stage.still else stage.runs.left(elapsed, standing.told)
            return Expected(None, self._from(standing.stage + 1, run, 0))
        place = stage.line.place(standing.at)
        return Expected(place, self._from(standing.stage, 0.0, place - stage.line.waiting))

    def of_next(self, more: int = 0) -> Expected:
        """What a job would have before it that came now, behind *more* that are not seen yet."""
        if not self.stages:
            return NOTHING
        return Expected(self.stages[0].line.waiting + more, self._from(0, 0.0, more))

    def runs_alone(self) -> float | None:
        """How long a job takes that waits for nobody."""
        runs = [stage.runs.median for stage in self.stages]
        known = [run for run in runs if run is not None]
        return sum(known) if known and len(known) == len(runs) else None

    def _from(self, index: int, at: float | None, ahead: int) -> float | None:
        """Seconds to the end of a job that comes to the line of stage *index* in *at* s.

        *ahead* are those before it that no line holds; below 0, how many of the first line are not.
        """
        for stage in self.stages[index:]:
            ahead += stage.line.waiting
            begins = None if at is None else stage.begins(at, ahead)
            run = stage.runs.median
            if begins is None or run is None:
                return None
            at, ahead = begins + run, ahead + stage.running
        return None if at is None else max(at, LEAST_SECONDS)
