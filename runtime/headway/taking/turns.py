"""Whose turn it is: of the tasks of one order, the first that was taken and is not over.

Tasks may be handed over in another order than they were taken (see `taking.deliveries`): one that
comes before its turn waits for those before it, wherever they are.
"""

from collections import deque
from typing import TypeAlias

from headway.owning.partition import OwnedPartition
from headway.taking.task import Task

#: An order: the number of its partition, and the order key.
Order: TypeAlias = tuple[int, bytes]


class Turns:
    """Rows of tasks, one for each order; for the loop's thread. A task in no row has its turn."""

    def __init__(self) -> None:
        self._rows: dict[Order, deque[Task]] = {}
        self._order_of: dict[Task, Order] = {}
        self._handed_over: set[Task] = set()
        self._partitions: set[OwnedPartition] = set()

    def __contains__(self, task: Task) -> bool:
        return task in self._order_of

    def enter(self, task: Task, order: Order) -> None:
        """*task* is the last of *order* that was taken."""
        self._order_of[task] = order
        self._rows.setdefault(order, deque()).append(task)
        self._partitions.add(task.partition)

    def hand_over(self, task: Task) -> bool:
        """Whether *task* may begin now; else it is given by `leave` when its turn has come."""
        order = self._order_of.get(task)
        if order is None:
            return True
        self._handed_over.add(task)
        return self._rows[order][0] is task

    def leave(self, task: Task) -> Task | None:
        """*task* is over; the one that may begin now, if it was handed over."""
        order = self._order_of.pop(task, None)
        if order is None:
            return None
        self._handed_over.discard(task)
        row = self._rows[order]
        first = row[0] is task
        row.remove(task)
        if not row:
            del self._rows[order]
            return None
        return row[0] if first and row[0] in self._handed_over else None

    def forget_lost(self) -> list[Task]:
        """Whoever may begin now that what was lost, and never handed over, is out of the way."""
        lost = {partition for partition in self._partitions if partition.lost}
        if not lost:
            return []
        self._partitions -= lost
        gone = [task for task in self._order_of if task.partition in lost]
        found = [self.leave(task) for task in gone if task not in self._handed_over]
        return [task for task in found if task is not None and task in self._order_of]
