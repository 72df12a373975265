"""Records that have an order keep it from the moment they are taken, through crashes as well."""

import logging
from collections.abc import Callable
from typing import Any

from headway.base.errors import DecodeError
from headway.taking.deliveries import Deliveries
from headway.taking.interrupted import Interrupted
from headway.taking.task import Task
from headway.taking.turns import Turns
from headway.wire.carried import Carried, FirstPlace
from headway.wire.envelope import checked

logger = logging.getLogger(__name__)

#: The value of a state, decoded.
State = dict[str, Any]


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


class InterruptedInOrder(Interrupted):
    """What is met again goes on with the tries and the job that its state told of last."""

    def __init__(self, *args: Any, decode: Callable[[bytes], State], **how: Any) -> None:
        """*decode* reads a state."""
        super().__init__(*args, **how)
        self._decode = decode

    def met(self, task: Task, job_id: str) -> None:
        resting = task.partition.jobs.held.resting
        if resting and job_id in resting and not task.duplicate:
            self._resume(task, resting[job_id])
        super().met(task, job_id)

    def _resume(self, task: Task, value: bytes) -> None:
        try:
            state = self._decode(value)
            envelope = checked({name: state[name] for name in _ENVELOPE})
        except DecodeError as error:
            extra = {"offset": task.offset, "error": str(error)}
            logger.warning("resting.undecodable", extra=extra)
            return
        if not self._is_of(task, state):
            return
        if state["waits_at"] is None:  # it was running, which is told of as what was interrupted
            envelope["timeline"].pop()
        told, before = state["error"] or {}, task.carried
        task.carried = Carried(
            envelope,
            before.origin if before else FirstPlace.of(task.message),
            tries=state["tries"],
            since=state["since"] or 0,
            due_at=state["due_at"] or 0,
            error_class=told.get("error_class", ""),
            message=told.get("message", ""),
            reached=state["progress"],
        )

    def _is_of(self, task: Task, state: State) -> bool:
        """Whether *state* tells of this very record, and of no earlier time than it does itself."""
        before, place = task.carried, state["waits_at"]
        if before is not None:
            attempt, tries = before.envelope["attempt"], before.tries
        else:
            attempt = self._records.attempt_of(task.key, task.message.value() or b"")
            tries = 0
        here = task.partition.topic, task.partition.index, task.offset
        there = (place["topic"], place["partition"], place["offset"]) if place else here
        return there == here and state["attempt"] == attempt and state["tries"] >= tries


_ENVELOPE = (
    "job_id",
    "attempt",
    "order_key",
    "title",
    "submitted_at",
    "submitted_offset",
    "timeline",
)
