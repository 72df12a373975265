"""Commands that let a job go a moment before its time: clocks differ, and no job begins early."""

from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import count
from typing import Final

from headway.base.clock import Clock
from headway.taking.task import Task

#: By how much the clock of whoever gives them may be ahead. What comes earlier is meant to.
_MOST_MS: Final = 5000


class Early:
    """Keeps such tasks, without a thread, until it is time; for the loop's thread."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._numbers = count()
        self._tasks: list[tuple[int, int, Task]] = []

    def keeps(self, task: Task, due_at: int) -> bool:
        """Whether *task* has to wait until *due_at* (ms)."""
        if not 0 < due_at - self._clock.now_ms() <= _MOST_MS:
            return False
        heappush(self._tasks, (due_at, next(self._numbers), task))
        return True

    def due(self) -> Iterator[Task]:
        """Those whose time has come, and those that were lost meanwhile."""
        while self._tasks and (self._due_ms <= 0 or self._tasks[0][2].partition.lost):
            yield heappop(self._tasks)[2]

    @property
    def next_seconds(self) -> float:
        """How long until the next is due; infinite where none waits."""
        return max(0.0, self._due_ms / 1000) if self._tasks else float("inf")

    @property
    def _due_ms(self) -> int:
        return self._tasks[0][0] - self._clock.now_ms()
