"""How many of each a load needs: the fewest that are not too busy. Pure."""

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from headway.base.errors import HeadwayError
from headway.declared.settings import MOST_PARTITIONS
from headway.planning.limits import broker_share
from headway.planning.load import Load, StageLoad

#: Above it, waits grow steeply and a peak or a lost instance fills queues for minutes.
HEADROOM: Final = 0.7
_LEAST_PARTITIONS: Final = 6
#: Fewer do not keep what is acknowledged when one is lost.
_LEAST_BROKERS: Final = 3


class NotPossible(HeadwayError):  # noqa: N818 - names the outcome
    """Nothing that is allowed carries this load; says what would."""


def sized(load: Load) -> Load:
    """*load* with whatever it left open (0): partitions, replicas and brokers.

    Raises:
        NotPossible: more partitions would be needed than there may be.
    """
    counts = [load.partitions] if load.partitions else range(_LEAST_PARTITIONS, MOST_PARTITIONS + 1)
    found = list(_fitting(load, counts))
    if not found:
        raise NotPossible(_too_few(load, max(counts)))
    # Partitions are hard to change, replicas are not: of equal ones, the fewest partitions.
    best = min(found, key=lambda one: (_replicas(one), one.partitions))
    return best if best.brokers else with_brokers(best)


def _fitting(load: Load, counts: "range | list[int]") -> Iterator[Load]:
    for count in counts:
        stages = [_fewest(stage, load.rate, count) for stage in load.stages]
        fit = [stage for stage in stages if stage is not None]
        if len(fit) == len(stages):
            yield replace(load, partitions=count, stages=tuple(fit))


def _fewest(stage: StageLoad, rate: float, partitions: int) -> StageLoad | None:
    """*stage* with the fewest replicas that are not too busy; None: more than partitions."""
    if stage.replicas:
        return stage if stage.replicas <= partitions else None
    for replicas in range(max(1, math.floor(rate / stage.capacity)), partitions + 1):
        one = replace(stage, replicas=replicas)
        if one.busiest(rate, partitions) <= HEADROOM:
            return one
    return None


def _too_few(load: Load, partitions: int) -> str:
    words = [f"{partitions} partitions are not enough, and there are no more replicas than those:"]
    for stage in load.stages:
        needed = math.ceil(load.rate / stage.capacity / HEADROOM)
        if stage.replicas > partitions:
            words.append(f"{stage.name} has {stage.replicas} replicas")
        elif needed > partitions:
            least = math.ceil(load.rate * stage.mean / HEADROOM / partitions)
            more = "cores an instance" if stage.cores else "--concurrency"
            words.append(f"{stage.name} needs {needed} replicas; with {more} {least} it fits")
    return " ".join(words)


def _replicas(load: Load) -> int:
    return sum(stage.replicas for stage in load.stages)


def with_brokers(load: Load) -> Load:
    """*load* with the fewest brokers that are not too busy."""
    one = broker_share(replace(load, brokers=1))
    return replace(load, brokers=max(_LEAST_BROKERS, math.ceil(one / HEADROOM)))
