"""The jobs of a load: when each comes, where it lies, and how long each stage needs for it."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random

from headway.edges.kafka import murmur2
from headway.planning.load import Load, StageLoad


@dataclass(slots=True, eq=False)
class Job:
    """A job on its way; `done` are the moments at which each stage's word of it was read."""

    key: str
    at: float
    partition: int
    works: tuple[float, ...]
    done: list[float] = field(default_factory=list)


def jobs(load: Load, number: int, seed: int) -> Iterator[Job]:
    """So many jobs; of one seed always the same, whatever there is to carry them.

    They come as those of many users who know nothing of each other do (a Poisson process).
    """
    coming = Random(f"{seed} coming")  # noqa: S311 - no secret
    keys = Random(f"{seed} keys")  # noqa: S311 - as above
    works = [_works(stage, seed) for stage in load.stages]
    at = 0.0
    for index in range(number):
        if index % load.burst == 0:
            at += coming.expovariate(load.rate / load.burst)
        key = f"{keys.getrandbits(128):032x}"
        partition = murmur2(key.encode(), load.partitions)
        yield Job(key, at, partition, tuple(work() for work in works))


def _works(stage: StageLoad, seed: int) -> Callable[[], float]:
    """Times of a handler: log-normal, as many short ones and a few long ones."""
    random = Random(f"{seed} {stage.name}")  # noqa: S311 - as above
    if not stage.cv:
        return lambda: stage.mean
    variance = math.log(1 + stage.cv**2)
    mu, sigma = math.log(stage.mean) - variance / 2, math.sqrt(variance)
    return lambda: random.lognormvariate(mu, sigma)
