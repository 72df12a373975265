"""What is said of the end of jobs against the truth: under steady load, in a burst, slowed down.

Handlers sleep, so a busy machine disturbs little. Half time is the true one, of each job.
"""

import math
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random
from statistics import median
from typing import Final

from bench.expecting.asking import Told, asked

from headway.planning.load import StageLoad

JOBS: Final = int(os.environ.get("EXPECTED_JOBS", "2000"))
STAGES: Final = (
    StageLoad("p1", 0.4, cv=0.3, concurrency=8, replicas=1),
    StageLoad("p2", 0.8, cv=0.3, concurrency=16, replicas=1),
)
#: Jobs a second: busy to seven tenths, and a calm day before a burst.
_STEADY: Final = 14.0
_CALM: Final = 8.0
_SHARES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True, slots=True)
class Day:
    """When jobs come and how long each stage takes; the first ones are not counted."""

    name: str
    arrivals: Sequence[float]
    works: Sequence[Sequence[float]]
    uncounted: int


def expected(bootstrap: str) -> float:
    """Print how far off is what was said; the median under steady load, as a share of the truth."""
    results = {}
    for day in _days():
        told = asked(bootstrap, STAGES, day.arrivals, day.works)
        told.sort(key=lambda one: one.submitted_at)
        counted = told[day.uncounted :]
        first = [(one.at_submission, one.ended_at - one.submitted_at) for one in counted]
        later = [(one.at_half_time, one.ended_at - one.half_time) for one in counted]
        results[day.name] = _print(day.name, "at submission", first)
        _print(day.name, "at half time", later)
        _check(counted)
    return results["steady"]


def _days() -> Iterable[Day]:
    steady = _poisson(_STEADY, JOBS)
    yield Day("steady", steady, _works(JOBS), JOBS // 10)
    slow = range(int(0.35 * JOBS), int(0.55 * JOBS))
    works = [(p1, p2 * 3 if n in slow else p2) for n, (p1, p2) in enumerate(_works(JOBS))]
    yield Day("slowed", steady, works, JOBS // 10)
    calm = _poisson(_CALM, JOBS // 10)
    burst = [*calm, *[calm[-1] + 3.0] * JOBS]
    yield Day("burst", burst, _works(len(burst)), len(calm))


def _poisson(rate: float, number: int) -> list[float]:
    random, at, arrivals = Random(5), 0.0, []
    for _ in range(number):
        at += random.expovariate(rate)
        arrivals.append(at)
    return arrivals


def _works(number: int) -> list[tuple[float, float]]:
    random = Random(7)
    first, second = [
        [random.lognormvariate(math.log(s.mean) - 0.043, 0.294) for _ in range(number)]
        for s in STAGES
    ]
    return list(zip(first, second, strict=True))


def _print(day: str, when: str, pairs: Sequence[tuple[float | None, float]]) -> float:
    """How far off, as shares of the truth; the median however it was off."""
    off = sorted((said - true) / true for said, true in pairs if said is not None)
    shares = " ".join(f"{off[int(share * (len(off) - 1))]:+.2f}" for share in _SHARES)
    middle = median(map(abs, off))
    silent = len(pairs) - len(off)
    print(f"  {day:8} {when:14} |off| {middle:.2f}  5..95 %: {shares}  unsaid {silent}", flush=True)
    return middle


def _check(counted: Iterable[Told]) -> None:
    """Nothing was said to be over that was not."""
    heard = (heard for one in counted for heard in one.heard if heard.at < one.ended_at)
    over = [one for one in heard if one.left is not None and one.left <= 0]
    if over:
        raise RuntimeError(f"{len(over)} jobs were said to be over while they ran")
