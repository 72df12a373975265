"""More than a load needs, so that its jobs are done in time."""

import math
from dataclasses import dataclass, replace
from typing import Final

from headway.declared.settings import MOST_PARTITIONS
from headway.planning.jobs import jobs
from headway.planning.load import Load, StageLoad
from headway.planning.simulation import Simulated, Times, simulate
from headway.planning.sizing import with_brokers

#: Fewer than for the last word: each round costs as many.
_JOBS: Final = 10_000
_MOST_ROUNDS: Final = 15
_GROWTH: Final = 1.2


@dataclass(frozen=True, slots=True)
class Goal:
    """That share of the jobs is to take so many seconds at most."""

    share: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Floor:
    """What is left when nobody waits for anybody: the work, and a hop and a frame a stage."""

    whole: Times
    stages: tuple[Times, ...]


def floor(load: Load, seed: int) -> Floor:
    """The least times of *load*'s jobs, however much there is to carry them."""
    works = [job.works for job in jobs(load, _JOBS, seed)]
    one = load.costs.hop + load.costs.frame + 2 * load.costs.record
    stages = [[work[index] + one for work in works] for index in range(len(load.stages))]
    whole = [sum(times) for times in zip(*stages, strict=True)]
    return Floor(Times(sorted(whole)), tuple(Times(sorted(times)) for times in stages))


def towards(load: Load, given: Load, goal: Goal, seed: int) -> Load:
    """*load* with more replicas of the stage that waits most, until *goal* is kept.

    What *given* fixes stays as it is. It ends, too, where nothing that may grow would help.
    """
    least = floor(load, seed)
    if least.whole.share(goal.share) > goal.seconds:
        return load
    for _ in range(_MOST_ROUNDS):
        told = simulate(load, number=_JOBS, seed=seed)
        grown = _grown(load, given, _waits(told, least, goal))
        if told.whole.share(goal.share) <= goal.seconds or grown is None:
            break
        load = grown
    return load


def _waits(told: Simulated, least: Floor, goal: Goal) -> list[float]:
    """What jobs of each stage take beyond the least."""
    pairs = zip(told.stages, least.stages, strict=True)
    return [times.share(goal.share) - alone.share(goal.share) for times, alone in pairs]


def _grown(load: Load, given: Load, waits: list[float]) -> Load | None:
    """With a fifth more replicas of the stage that waits most; None if none can be added."""
    rows = zip(waits, load.stages, given.stages, strict=True)
    free = [(wait, stage) for wait, stage, fixed in rows if not fixed.replicas]
    if not free:
        return None
    _, stage = max(free, key=lambda row: row[0])
    return _with_more(load, given, stage)


def _with_more(load: Load, given: Load, stage: StageLoad) -> Load | None:
    """The fewest more, with partitions for them, that make the busiest less busy."""
    now = stage.busiest(load.rate, load.partitions)
    most = given.partitions or MOST_PARTITIONS
    for count in range(math.ceil(stage.replicas * _GROWTH), most + 1):
        more = replace(stage, replicas=max(count, stage.replicas + 1))
        partitions = max(load.partitions, more.replicas)
        if partitions <= most and more.busiest(load.rate, partitions) < now:
            grown = replace(load, partitions=partitions).with_stage(more)
            return grown if given.brokers else with_brokers(grown)
    return None
