"""From looks at the stages to what is to be expected of them. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from headway.declared.window import Window
from status.expected.line import Line
from status.expected.measured.pace import Look, Pace
from status.expected.measured.runs import Run, Runs
from status.expected.outlook import Outlook, StageOutlook

#: A stage that got nothing done for this long, or for some of its usual runs, stands still.
_STILL_SECONDS: Final = 10.0
_STILL_RUNS: Final = 5


class Seen(NamedTuple):
    """What a look found of one stage; `runs` are those of jobs that ended lately."""

    line: Line
    running: int
    done: int
    runs: Sequence[Run] = ()
    paused: bool = False


@dataclass
class _Stage:
    pace: Pace = field(default_factory=Pace)
    runs: Runs = field(default_factory=Runs)
    window: Window | None = None
    #: What it did when there was a line last.
    best: float = 0.0

    def look(self, seen: Seen, seconds: float) -> StageOutlook:
        self.pace.look(Look(seconds, seen.line.waiting, seen.running, seen.done))
        for run in seen.runs:
            self.runs.add(run)
        self.runs.look()
        taken, usual = self.runs.taken(), self.pace.throughput
        if self.pace.busy and self.pace.busy_rate:
            self.best = self.pace.busy_rate
        most = taken.seconds[-1] if taken.seconds else 0.0
        return StageOutlook(
            line=seen.line,
            busy=self.pace.busy,
            rate=self._rate(taken.mean) or None,
            wait=self.pace.mean_waiting / usual if usual and not self.pace.busy else 0.0,
            running=seen.running,
            runs=taken,
            apart=self.runs.apart(),
            window=self.window,
            still=seen.paused or self.pace.idle_seconds > max(_STILL_SECONDS, _STILL_RUNS * most),
        )

    def _rate(self, mean_run: float | None) -> float:
        """Jobs a second if there is a line; 0 if nothing is known of that."""
        if self.pace.busy and self.pace.busy_rate:
            return self.pace.busy_rate
        # So many ran side by side; more may be able to, where that was never needed.
        side_by_side = self.pace.peak_running / mean_run if mean_run else 0.0
        return max(self.best, side_by_side, self.pace.throughput)


class Estimator:
    """Grows by looks, about one a second, at stages with these windows; for one thread."""

    def __init__(self, stages: Mapping[str, Window | None]) -> None:
        self._stages = {name: _Stage(window=window) for name, window in stages.items()}

    def look(self, seen: Mapping[str, Seen], seconds: float) -> Outlook:
        """What is to be expected after a look at all stages, *seconds* after the last."""
        return Outlook([stage.look(seen[name], seconds) for name, stage in self._stages.items()])
