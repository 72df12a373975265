"""Jobs that were at work when their owner went: they leave RUNNING as soon as they are taken again.

Nobody works on such a job until its heir has a thread for it, which may take long. So the heir says
at once what happened, and that the job waits. The step stays in its timeline, whoever is next.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from headway.base.clock import Clock
from headway.base.errors import DecodeError
from headway.taking.task import Task
from headway.wire.carried import Carried, FirstPlace
from headway.wire.envelope import Envelope, checked
from headway.wire.records import StageRecords
from headway.wire.states import WORKER_LOST

logger = logging.getLogger(__name__)

#: The value of a state, decoded.
State = dict[str, Any]

_ENVELOPE: Final = (
    "job_id",
    "attempt",
    "order_key",
    "tags",
    "sources",
    "title",
    "submitted_at",
    "submitted_offset",
    "timeline",
)


class Interrupted:
    """What is met again goes on with the tries and the job that its state told of last.

    For the loop's thread. *announce* has a state of a job said that is not over, *decode* reads
    one.
    """

    def __init__(
        self,
        records: StageRecords,
        label: str,
        announce: Callable[[Task, bytes], None],
        *,
        decode: Callable[[bytes], State],
        clock: Clock,
    ) -> None:
        """*label* is what people call the stage."""
        self._records = records
        self._message = f"The process in which {label} was running ended; it is run again."
        self._announce = announce
        self._decode = decode
        self._clock = clock

    def met(self, task: Task, job_id: str) -> None:
        """*task* is about to begin; if it was at work before, that is told."""
        held = task.partition.jobs.held
        if task.duplicate or job_id not in held.resting:
            return
        try:
            state = self._decode(held.resting[job_id])
            envelope = checked({name: state[name] for name in _ENVELOPE})
        except DecodeError as error:
            extra = {"offset": task.offset, "error": str(error)}
            logger.warning("resting.undecodable", extra=extra)
            return
        if not self._is_of(task, state):
            return
        del held.resting[job_id]
        running = state["due_at"] is None
        if running:  # which is told of as what was interrupted
            envelope["timeline"].pop()
        task.carried = _carried(task, state, envelope)
        if running:
            self._tell(task, task.carried, state["updated_at"])

    def _is_of(self, task: Task, state: State) -> bool:
        """Whether *state* tells of this very record, and of no earlier time than it does itself."""
        before, place = task.carried, state["waits_at"]
        tries = before.tries if before else 0
        if before is not None:
            attempt = before.envelope["attempt"]
        elif task.command is not None:
            attempt = task.command.attempt
        else:
            attempt = self._records.attempt_of(task.key, task.message.value() or b"")
        here = task.waits_at or _lies_at(task)
        there = place or here
        return there == here and state["attempt"] == attempt and state["tries"] >= tries

    def _tell(self, task: Task, before: Carried, began: int) -> None:
        now, states = self._clock.now_ms(), self._records.states
        envelope = states.postponement(
            before.envelope, now, f"{WORKER_LOST}: {self._message}", began=began
        )
        task.carried = replace(before, envelope=envelope)
        error = states.passing_error(WORKER_LOST, self._message)
        state = states.retry_scheduled(
            envelope,
            now,
            error=error,
            due_at=now,
            tries=before.tries,
            since=before.since,
            waits_at=task.waits_at or _lies_at(task),
            reached=task.reached,
        )
        self._announce(task, state)
        task.announced = False  # that it runs again is told when it does
        logger.info("job.interrupted", extra={"job_id": envelope["job_id"], "offset": task.offset})


def _lies_at(task: Task) -> dict[str, Any]:
    partition = task.partition
    return {"topic": partition.topic, "partition": partition.index, "offset": task.offset}


def _carried(task: Task, state: State, envelope: Envelope) -> Carried:
    told, before = state["error"] or {}, task.carried
    return Carried(
        envelope,
        before.origin if before else FirstPlace.of(task.message),
        tries=state["tries"],
        since=state["since"] or 0,
        due_at=state["due_at"] or 0,
        error_class=told.get("error_class", ""),
        message=told.get("message", ""),
        reached=state["progress"],
    )
