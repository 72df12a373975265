"""A pool that hands tasks over together: a thread for each batch, and no lock of its own either.

Tasks wait until there is a batch and a thread that is free of batches: what comes while all are at
work makes the next batch larger, not the row of batches longer. No thread is held meanwhile, and
the loop sleeps until the first is due.
"""

from collections.abc import Callable, Iterable
from functools import partial
from queue import SimpleQueue
from threading import Event
from typing import Any

from headway.batching.call import Work
from headway.batching.collecting import Collected
from headway.handling.orderedpool import OrderedPool
from headway.handling.pool import WorkerPool
from headway.taking.task import Outcome, Task, is_to_be_cancelled


class _Unit:
    """What one thread is given: tasks together, or one by itself; `left` are those without end."""

    __slots__ = ("left", "over", "together")

    def __init__(self, tasks: Iterable[Task], *, together: bool) -> None:
        self.left = dict.fromkeys(tasks)
        self.together = together
        self.over = False


class BatchPool(WorkerPool):
    """As the pool, but of tasks that *joins* names those that come about the same time run as one.

    *many* runs them. Nobody is waited for once *stopping* is set, or where *full* says that no
    more are taken for now.
    """

    def __init__(
        self,
        work: Callable[[Task], Outcome],
        *,
        many: Work,
        joins: Callable[[Task], bool],
        collected: Collected,
        full: Callable[[], bool],
        stopping: Event,
        **how: Any,
    ) -> None:
        self._many = many
        self._joins = joins
        self._collected = collected
        self._is_full = full
        self._stopping = stopping
        self._units: SimpleQueue[_Unit | None] = SimpleQueue()
        self._batches: list[_Unit] = []
        self._at_work: list[_Unit | None] = [None] * how["threads"]
        super().__init__(work, **how)
        self._start = self._let_begin

    @property
    def at_work(self) -> bool:
        return self._size > len(self._collected)

    @property
    def due_seconds(self) -> float:
        return self._collected.due_seconds

    def hurry(self) -> None:
        while self._collected and self._free:
            self._send(self._collected.take())

    def submit(self, task: Task) -> None:
        if task.partition.orders:
            self._end_waiting(task.key)
        super().submit(task)

    def collect(self, *, most: int, timeout: float) -> list[Task]:
        if self._collected:
            self._send_due()
        return super().collect(most=most, timeout=timeout)

    def running(self) -> list[Task]:
        units = [unit for unit in self._at_work if unit is not None]
        return [task for unit in units for task in [*unit.left] if task.envelope is not None]

    def close(self) -> None:
        for _ in self._threads:
            self._units.put(None)

    @property
    def _free(self) -> bool:
        """Whether a thread is free of batches, though others may be before it in the row."""
        self._batches = [unit for unit in self._batches if not unit.over]
        return len(self._batches) < len(self._threads)

    def _let_begin(self, task: Task) -> None:
        if not self._joins(task):
            self._units.put(_Unit([task], together=False))
            return
        self._collected.add(task)
        if self._collected.full:
            self._send_due()

    def _send_due(self) -> None:
        lost = [task for task in self._collected if task.partition.lost]
        self._collected.remove(lost)
        self._put_alone(lost)
        if self._stopping.is_set() or (self._is_full() and not self.at_work):
            self.hurry()
        while self._collected.due_seconds == 0 and self._free:
            self._send(self._collected.take())

    def _send(self, tasks: Iterable[Task]) -> None:
        batch = _Unit(tasks, together=True)
        self._batches.append(batch)
        self._units.put(batch)

    def _put_alone(self, tasks: Iterable[Task]) -> None:
        for task in tasks:
            self._units.put(_Unit([task], together=False))

    def _end_waiting(self, key: bytes) -> None:
        """What is to be cancelled need not wait for others: it ends at once."""
        task = self._collected.of(key)
        if task is not None and is_to_be_cancelled(task):
            self._collected.remove([task])
            self._put_alone([task])

    def _run(self, slot: int) -> None:
        while (unit := self._units.get()) is not None:
            self._at_work[slot] = unit
            try:
                self._work_at(unit)
            except BaseException as error:  # noqa: BLE001 - told by `collect`, never a lost thread
                self._fault = error
            self._at_work[slot] = None
            unit.over = True
            for task in [*unit.left]:
                self._outbox.put(task)  # without an outcome

    def _work_at(self, unit: _Unit) -> None:
        tasks = [*unit.left]
        if unit.together:
            self._many(tasks, partial(self._ended, unit))
        else:
            self._ended(unit, tasks[0], self._work(tasks[0]))

    def _ended(self, unit: _Unit, task: Task, outcome: Outcome) -> None:
        """The last step hands the task to the loop, which may hand it over anew."""
        del unit.left[task]
        unit.over = not unit.left
        task.outcome = outcome
        self._outbox.put(task)


class OrderedBatchPool(OrderedPool, BatchPool):
    """Both: no two tasks of an order are in one batch, since only one of them has its turn."""
