"""`headway plan` against what is measured: the same jobs simulated, and done by real stages.

Two points: half busy; and nearly busy where one instance has twice the partitions of another.
Handlers sleep, so a busy machine disturbs little but frames.
"""

import os
import statistics
from collections.abc import Sequence
from dataclasses import replace

from bench.planning.driven import Driven, driven

from headway.planning.costs import Costs
from headway.planning.jobs import Job, jobs
from headway.planning.load import Load, StageLoad
from headway.planning.simulation import Times, carried, simulate

ROUNDS = 3
SECONDS = 90
#: The broker of the tests is alone, on two cores that it shares.
_COSTS = Costs(copies=1, broker_cores=2)
POINTS = {
    "half busy": Load(
        rate=20,
        stages=(
            StageLoad("p1", 0.05, cv=0.5, concurrency=2, replicas=2),
            StageLoad("p2", 0.1, cv=0.5, concurrency=2, replicas=2),
        ),
        partitions=6,
        brokers=1,
        costs=_COSTS,
    ),
    "nearly busy, 6 partitions on 4 instances": Load(
        rate=40,
        stages=(
            StageLoad("p1", 0.05, cv=0.5, concurrency=2, replicas=2),
            StageLoad("p2", 0.13, cv=0.5, concurrency=2, replicas=4),
        ),
        partitions=6,
        brokers=1,
        costs=_COSTS,
    ),
}


def planned(bootstrap: str) -> float:
    """Print predicted and measured times, round by round; the worst ratio of a p95."""
    worst = 1.0
    for name, load in POINTS.items():
        busy = max(stage.busiest(load.rate, load.partitions) for stage in load.stages)
        print(f"  {name}: busiest at {busy:.0%}")
        ratios = [_round(bootstrap, load, seed) for seed in range(1, ROUNDS + 1)]
        for title, column in zip(("p50", "p95", "jobs/s"), zip(*ratios, strict=True), strict=True):
            spread = f"{min(column):.2f} to {max(column):.2f}"
            print(f"    {title}: predicted / measured {statistics.median(column):.2f} ({spread})")
        worst = max([worst, *(max(r[1], 1 / r[1]) for r in ratios)])
    return worst


def _round(bootstrap: str, load: Load, seed: int) -> tuple[float, float, float]:
    number = int(load.rate * SECONDS)
    coming = list(jobs(load, number, seed))
    done = driven(bootstrap, load, coming)
    predicted = carried(replace(load, owners=done.owners), _anew(coming))
    costs = replace(load.costs, frame=done.frame_seconds)
    as_was = carried(replace(load, owners=done.owners, costs=costs), _anew(coming))
    alone = simulate(load, number=20 * number, seed=seed + 1000)
    measured = Times(sorted(job[-1] for job in _counted(done.times)))
    ended = max(times[-1] + job.at for times, job in zip(done.times, coming, strict=True))
    _tell_costs(f"round {seed}", done, number / ended, predicted.frames, ended)
    _told("measured", measured)
    _told("the same jobs simulated", predicted.whole)
    _told("with this frame's time", as_was.whole)
    _told("planned, other jobs", alone.whole)
    for index, stage in enumerate(load.stages):
        own = [job[index] - (job[index - 1] if index else 0.0) for job in _counted(done.times)]
        words = f"{_words(Times(sorted(own)))}; simulated {_words(predicted.stages[index])}"
        print(f"      {stage.name}: {words}")
    return (
        predicted.whole.share(0.5) / measured.share(0.5),
        predicted.whole.share(0.95) / measured.share(0.95),
        predicted.rate / (number / ended),
    )


def _anew(coming: list[Job]) -> list[Job]:
    """The same jobs, of which nothing is done yet."""
    return [replace(job, done=[]) for job in coming]


def _counted(times: list[list[float]]) -> list[list[float]]:
    """As the simulation does: while its queues fill, nothing is counted."""
    return times[len(times) // 5 :]


def _tell_costs(title: str, done: Driven, rate: float, frames: float, seconds: float) -> None:
    """How busy the machine was, and what things cost that a plan has figures for."""
    print(
        f"    {title}: load {os.getloadavg()[0]:.1f}, 1 % of the jobs submitted more than "
        f"{1000 * done.late_seconds:.0f} ms late; {rate:.1f} jobs/s"
    )
    jobs = rate * seconds
    print(
        f"      a frame {1000 * done.frame_seconds:.1f} ms, and of the broker "
        f"{1000 * done.broker.seconds / done.frames:.2f} ms of a core; "
        f"{done.broker.size_bytes / jobs:,.0f} bytes a job; "
        f"{done.frames / seconds:.0f} frames/s, simulated {frames:.0f}"
    )


def _told(title: str, times: Times) -> None:
    print(f"      {title:24} {_words(times)}", flush=True)


def _words(times: Times) -> str:
    shares: Sequence[float] = (0.5, 0.95, 0.99)
    return ", ".join(f"p{share * 100:g} {1000 * times.share(share):.0f} ms" for share in shares)
