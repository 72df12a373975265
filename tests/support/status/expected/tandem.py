"""Jobs on their way through stages in a row, simulated; looks at them are as the service has them.

The truth comes first: a run that nobody asks anything of. Then the same jobs go the same way, and
at chosen moments it is asked what is to be expected of one.
"""

import heapq
import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import NamedTuple

from status.expected.estimate import Estimator, Seen
from status.expected.line import Line
from status.expected.measured.runs import Run
from status.expected.outlook import Expected, Outlook, Standing

#: From the word of a stage to the next one's begin.
_HOP_SECONDS = 0.01
_LOOK_SECONDS = 1.0
#: Runs of a second that are looked up, at most.
_SAMPLED = 20


class Stage(NamedTuple):
    """So many handlers, each taking about *mean* s.

    `slow(at)` is how much longer at a moment, and `lanes` in each lane; a job's is its number.
    """

    mean: float
    servers: int
    cv: float = 0.3
    slow: Callable[[float], float] = lambda _at: 1.0
    lanes: Sequence[float] = (1.0,) * 6

    def longer(self, at: float, job: int) -> float:
        return self.slow(at) * self.lanes[job % len(self.lanes)]


def run_of(stage: Stage, random: Random) -> float:
    """How long a run of *stage* takes, as it is without what makes it longer."""
    variance = math.log(1 + stage.cv**2)
    return random.lognormvariate(math.log(stage.mean) - variance / 2, math.sqrt(variance))


class Said(NamedTuple):
    """What was said at a moment, and what was true: s to the end; `ran`: s in the last stage."""

    expected: Expected
    left: float
    ran: float | None = None

    @property
    def off(self) -> float | None:
        """The error as a share of the truth; below 0: too little was said."""
        said = self.expected.seconds
        return None if said is None else (said - self.left) / self.left


@dataclass
class Tandem:
    """*arrivals* are the moments (s) at which jobs are submitted, rising."""

    stages: Sequence[Stage]
    arrivals: Sequence[float]
    seed: int = 1
    ends: dict[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._run({})

    def asked(self, moments: Iterable[tuple[float, int]]) -> list[Said]:
        """What is said at each moment of each job."""
        asking: dict[float, list[int]] = {}
        for at, job in moments:
            asking.setdefault(at, []).append(job)
        return self._run(asking)

    def at_submission(self, jobs: Iterable[int]) -> list[Said]:
        return self.asked((self.arrivals[job], job) for job in jobs)

    def at_half_time(self, jobs: Iterable[int]) -> list[Said]:
        return self.asked(((self.arrivals[job] + self.ends[job]) / 2, job) for job in jobs)

    def _run(self, asking: dict[float, list[int]]) -> list[Said]:
        way = _Way(self)
        for at, jobs in asking.items():
            for job in jobs:
                way.after(at, partial(way.ask, job))
        way.go()
        self.ends = way.ends
        return way.said


class _Way:
    """One run of all jobs."""

    def __init__(self, tandem: Tandem) -> None:
        self._tandem = tandem
        stages = tandem.stages
        self.now = 0.0
        self.ends: dict[int, float] = {}
        self.said: list[Said] = []
        self._random = Random(tandem.seed)
        self._events: list[tuple[float, int, Callable[[], object]]] = []
        self._numbers = itertools.count()
        self._lines: list[list[tuple[int, int]]] = [[] for _ in stages]
        self._running = [0] * len(stages)
        self._done = [0] * len(stages)
        self._runs: list[list[Run]] = [[] for _ in stages]
        self._standing: dict[int, Standing] = {}
        self._estimator = Estimator({str(index): None for index, _ in enumerate(stages)})
        self._outlook = Outlook()
        self._since_look = 0
        self._looked_at = 0.0
        for job, at in enumerate(tandem.arrivals):
            self.after(at, partial(self._come, job, 0))
        self.after(_LOOK_SECONDS, self._look)

    def after(self, at: float, call: Callable[[], object]) -> None:
        heapq.heappush(self._events, (at, next(self._numbers), call))

    def go(self) -> None:
        while len(self.ends) < len(self._tandem.arrivals):
            self.now, _, call = heapq.heappop(self._events)
            call()

    def ask(self, job: int) -> None:
        """As the status service says it; of a job just submitted as the gateway does."""
        standing, left = self._standing[job], self._tandem.ends[job] - self.now
        expected = self._outlook.of(standing, self._now_ms)
        if self.now == self._tandem.arrivals[job]:
            expected = self._outlook.of_next(self._now_ms, self._unseen())
        last = standing.runs and standing.stage == len(self._tandem.stages) - 1
        ran = (self._now_ms - standing.at) / 1000 if last else None
        self.said.append(Said(expected, left, ran))

    def _unseen(self) -> int:
        """How many came since the last look and are in line, less those that have left it since."""
        rate = self._outlook.stages[0].rate if self._outlook.stages else None
        left = (self.now - self._looked_at) * (rate or 0.0)
        return max(round(self._since_look - 1 - left), 0)

    @property
    def _now_ms(self) -> int:
        return round(self.now * 1000)

    def _come(self, job: int, index: int) -> None:
        self._since_look += index == 0
        self._standing[job] = Standing(index, self._now_ms, lane=self._lane(job, index))
        if self._running[index] < self._tandem.stages[index].servers:
            self._begin(job, index)
        else:
            self._lines[index].append((self._now_ms, job))

    def _begin(self, job: int, index: int) -> None:
        stage = self._tandem.stages[index]
        self._running[index] += 1
        self._standing[job] = Standing(index, self._now_ms, runs=True, lane=self._lane(job, index))
        seconds = run_of(stage, self._random) * stage.longer(self.now, job)
        self.after(self.now + seconds, partial(self._end, job, index, seconds))

    def _end(self, job: int, index: int, seconds: float) -> None:
        self._running[index] -= 1
        self._done[index] += 1
        self._runs[index].append(Run(seconds, self._lane(job, index)))
        if self._lines[index]:
            self._begin(self._lines[index].pop(0)[1], index)
        if index + 1 < len(self._tandem.stages):
            self.after(self.now + _HOP_SECONDS, partial(self._come, job, index + 1))
        else:
            self.ends[job] = self.now

    def _lane(self, job: int, index: int) -> int:
        return job % len(self._tandem.stages[index].lanes)

    def _look(self) -> None:
        seen = {}
        for index, line in enumerate(self._lines):
            seen[str(index)] = Seen(
                Line(len(line), [since for since, _ in line]),
                self._running[index],
                self._done[index],
                self._runs[index][-_SAMPLED:],
            )
            self._done[index], self._runs[index] = 0, []
        self._outlook = self._estimator.look(seen, _LOOK_SECONDS)
        self._since_look, self._looked_at = 0, self.now
        self.after(self.now + _LOOK_SECONDS, self._look)


def poisson(rate: float, number: int, *, seed: int = 3, start: float = 0.0) -> list[float]:
    """When so many jobs come of users who know nothing of each other, *rate* a second."""
    random = Random(seed)
    steps = (random.expovariate(rate) for _ in range(number))
    return list(itertools.accumulate(steps, initial=start))[1:]
