"""What there is of each thing, how much of it a load takes, and what is full first. Pure."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from headway.planning.brokers import broker_seconds
from headway.planning.load import Load, StageLoad


@dataclass(frozen=True, slots=True)
class Limit:
    """One thing that can be full: `busy` is its share that the load takes, 1 all of it."""

    what: str
    busy: float
    remedy: str


def limits(load: Load) -> list[Limit]:
    """All of them, the fullest first; as the busiest instance and an average broker have it."""
    return sorted(_limits(load), key=lambda limit: -limit.busy)


def _limits(load: Load) -> Iterator[Limit]:
    for stage in load.stages:
        yield Limit(
            f"handlers of {stage.name}",
            stage.busiest(load.rate, load.partitions),
            f"more replicas of {stage.name}" + (", or cores" if stage.cores else ""),
        )
        most = -(-load.partitions // stage.replicas)
        yield Limit(
            f"the loop of an instance of {stage.name}",
            load.rate * most / load.partitions * load.costs.loop,
            f"more replicas of {stage.name}",
        )
    yield Limit("brokers", broker_share(load), "more brokers, or fewer and fuller instances")


def broker_share(load: Load) -> float:
    """How busy an average broker is."""
    frames = sum(frames_of(load, stage) for stage in load.stages)
    jobs = load.rate * len(load.stages)
    return broker_seconds(load.costs, frames=frames, jobs=jobs) / load.brokers


def frames_of(load: Load, stage: StageLoad) -> float:
    """Frames a second of all instances of *stage*.

    A job asks for two, its begin and its end. One that is asked for while none is under way begins
    at once; all that is asked meanwhile goes into one that follows: with *a* asked for in the time
    of one, e^a of them follow each other.
    """
    told = 2 if stage.mean > load.costs.linger else 1
    asked = told * load.rate / stage.replicas
    frame = load.costs.frame + load.costs.record
    # Beyond 20 in the time of one they follow each other for ever.
    in_a_row = math.exp(min(asked * frame, 20.0))
    return stage.replicas * in_a_row / (1 / asked + frame * in_a_row)
