"""Tasks that wait for company: up to a number, or until the first has waited long enough."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from headway.base.clock import Clock
from headway.declared.stage import Batch
from headway.taking.task import Task


class _Waiting(NamedTuple):
    """Since when (monotonic s) a task waits."""

    task: Task
    since: float


class Collected:
    """In the order in which they came, one for a key; for the loop's thread."""

    def __init__(self, batch: Batch, *, clock: Clock) -> None:
        self._size = batch.size
        self._wait_seconds = batch.wait_seconds
        self._clock = clock
        self._waiting: dict[bytes, _Waiting] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def __iter__(self) -> Iterator[Task]:
        return (waiting.task for waiting in self._waiting.values())

    def add(self, task: Task) -> None:
        self._waiting[task.key] = _Waiting(task, self._clock.monotonic())

    def of(self, key: bytes) -> Task | None:
        """The task of *key* that waits; it goes on doing so."""
        waiting = self._waiting.get(key)
        return waiting.task if waiting else None

    def remove(self, tasks: Iterable[Task]) -> None:
        """They wait no more."""
        for task in tasks:
            del self._waiting[task.key]

    @property
    def full(self) -> bool:
        """Whether there are enough: no other is waited for."""
        return len(self._waiting) >= self._size

    @property
    def due_seconds(self) -> float:
        """How long the first of them is to wait still, 0 if they may go; infinite without any."""
        if self.full:
            return 0.0
        first = next(iter(self._waiting.values()), None)
        if first is None:
            return float("inf")
        return max(0.0, first.since + self._wait_seconds - self._clock.monotonic())

    def take(self) -> list[Task]:
        """The next batch, whatever there is: the first that came, as many as it may have."""
        taken = list(islice(self, self._size))
        self.remove(taken)
        return taken
