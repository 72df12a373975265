"""Records that have an order keep it from the moment they are taken, through crashes as well."""

from collections.abc import Callable
from typing import Any

from headway.taking.deliveries import Deliveries
from headway.taking.task import Task
from headway.taking.turns import Turns


class DeliveriesInOrder(Deliveries):
    """Deliveries whose tasks get their places in the rows of *turns* as they come.

    *order_key* reads that of a record: of its key and value. A suspect that has to wait for its
    turn is none meanwhile: it is not at work, and others need not wait for it.
    """

    def __init__(
        self,
        *args: Any,
        turns: Turns,
        order_key: Callable[[bytes, bytes], bytes | None],
        **how: Any,
    ) -> None:
        super().__init__(*args, **how)
        self._turns = turns
        self._order_key = order_key

    def submit(self, task: Task) -> None:
        if task not in self._turns and not task.partition.orders:
            order_key = self._order_key(task.key, task.message.value() or b"")
            if order_key is not None:
                self._turns.enter(task, (task.partition.index, order_key))
        super().submit(task)

    def excuse(self, task: Task) -> None:
        """*task* is not at work, though it was let begin: it rests, or waits for its turn."""
        self._undone.discard(task)
        if self._suspect is task:
            self._suspect = None
