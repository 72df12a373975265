"""Simulated time: what is to happen, in the order of its time."""

import heapq
from collections.abc import Callable
from itertools import count
from typing import Any


class Events:
    """Calls come in the order of their times, those of one time in the order they were asked for.

    A heap of our own: simpy takes twice the time and a generator for each job (ADR 49).
    """

    def __init__(self) -> None:
        self.now = 0.0
        self._heap: list[tuple[float, int, Callable[[Any], None], Any]] = []
        self._numbers = count()

    def after(self, seconds: float, call: Callable[[Any], None], about: Any) -> None:
        """Have *call* made with *about* when so many seconds have gone."""
        heapq.heappush(self._heap, (self.now + seconds, next(self._numbers), call, about))

    def run(self) -> None:
        """Let time go on until nothing is left to happen."""
        heap, pop = self._heap, heapq.heappop
        while heap:
            self.now, _, call, about = pop(heap)
            call(about)
