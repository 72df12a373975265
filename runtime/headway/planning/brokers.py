"""The brokers of a simulation: each does one thing after another, as fast as its cores let it."""

from collections.abc import Callable
from random import Random
from typing import Any

from headway.planning.costs import Costs
from headway.planning.events import Events


class Brokers:
    """Says frames: a fixed time for the ways there and back, and a turn at one of the brokers."""

    def __init__(self, events: Events, costs: Costs, number: int, seed: int) -> None:
        self._events = events
        self._costs = costs
        self._free_at = [0.0] * number
        self._random = Random(f"{seed} brokers")  # noqa: S311 - no secret
        self.frames = 0
        self.work = 0.0

    def say(self, records: int, jobs: int, call: Callable[[Any], None], about: Any) -> None:
        """Have *call* made with *about* when a frame of so many records is committed."""
        costs, now = self._costs, self._events.now
        work = broker_seconds(costs, frames=1, jobs=jobs)
        broker = int(self._random.random() * len(self._free_at))
        begins = max(now, self._free_at[broker])
        self._free_at[broker] = begins + work
        self.frames += 1
        self.work += work
        way = costs.frame + records * costs.record
        # The ways of an idle cluster hold a broker's own work already.
        self._events.after(max(way, begins + work - now + max(0.0, way - work)), call, about)


def broker_seconds(costs: Costs, *, frames: float, jobs: float) -> float:
    """How long one broker is at work on so much: its processor's share, and its disk's."""
    written = jobs * costs.job_bytes * costs.copies / costs.broker_bytes
    return frames * costs.broker_frame / costs.broker_cores + written
