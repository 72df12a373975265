"""What is not begun yet: a job before its time, one that waits for a window that is closed."""

import logging
from dataclasses import replace
from datetime import UTC, datetime

from headway.base.clock import Clock
from headway.base.errors import PermanentError
from headway.declared.window import Window
from headway.following.holdings import HELD, UNKNOWN, Parked
from headway.following.windows import Windows
from headway.holding.held import Held, PassedOver
from headway.outcomes.deadletter import oversized
from headway.outcomes.dropped import Dropped
from headway.outcomes.rule import Rule
from headway.taking.ownership import Ownership
from headway.taking.task import Outcome, Task
from headway.wire.carried import Carried, FirstPlace
from headway.wire.envelope import Envelope
from headway.wire.records import StageRecords, job_id_from
from headway.wire.states import NOT_BEFORE, WINDOW

logger = logging.getLogger(__name__)


class Holding(Rule):
    """Asked just before a handler is called: what is held again then was never begun."""

    label = Held.label
    also = (PassedOver.label,)

    def __init__(
        self,
        window: Window | None,
        windows: Windows,
        records: StageRecords,
        ownership: Ownership,
        *,
        clock: Clock,
        in_order: bool = False,
    ) -> None:
        """*in_order*: jobs that have an order key take their turns, and wait for no window."""
        self._in_order = in_order
        self._window = window
        self._windows = windows
        self._states = records.states
        self._ownership = ownership
        self._clock = clock

    def unopened(self, task: Task) -> Outcome | None:
        """A record of the held topic counts for as long as its job's state names it."""
        if not task.partition.holds:
            return None
        job_id = job_id_from(task.message.key()) or ""
        place = self._ownership.lying(task, job_id)
        if self._ownership.over(task):
            return Dropped()
        if place is None or place.tier != HELD or place.offset != task.offset:
            return PassedOver()
        task.partition.jobs.held.leave(job_id)
        return None

    def opened(self, task: Task, envelope: Envelope) -> Held | None:
        before, held = task.carried, task.partition.jobs.held
        if before is not None and before.held:
            due_at = before.due_at if before.held == NOT_BEFORE else 0
            # What was held here begins, or is held anew: it is not what any later try is about.
            task.carried = replace(before, held="", due_at=0)
        else:
            due_at = 0 if before is not None else envelope.get("not_before", 0)
            if held.held:
                held.held.pop(envelope["job_id"], None)
        if task.given_up is not None or (task.released and self._at_once(due_at)):
            return None
        if self._clock.now_ms() < due_at:
            detail = f"Not before {_shown(due_at)}."
            return self._held(task, envelope, NOT_BEFORE, due_at, detail)
        window = self._window
        if window is None or not window.holds(envelope.get("tags", ())):
            return None
        if self._in_order and envelope.get("order_key") is not None:
            return None
        if self._windows.is_open(task.partition.index):
            return None
        next_at = self._windows.next_at(task.partition.index) or 0
        return self._held(task, envelope, WINDOW, next_at, f"For the window {window.said}.")

    def _at_once(self, due_at: int) -> bool:
        """Whether a command that is no alarm clock wants it run now, whatever it waits for."""
        return due_at == 0 or self._clock.now_ms() < due_at

    def _held(
        self, task: Task, envelope: Envelope, held: str, due_at: int, detail: str
    ) -> Held | None:
        if oversized(task.message):
            task.given_up = PermanentError(
                "The record is too large to wait (its place would not take it with what goes "
                "beside it): submit it when it may begin"
            )
            return None
        now, index = self._clock.now_ms(), task.partition.jobs
        before = task.carried or Carried(envelope, FirstPlace.of(task.message))
        told = self._states.holding(before.envelope, now, detail)
        carried = replace(before, envelope=told, held=held, due_at=due_at, reached=task.reached)
        due = due_at if held == NOT_BEFORE else 0
        index.held.park(envelope["job_id"], Parked(envelope["attempt"], HELD, UNKNOWN, due))
        extra = {"job_id": envelope["job_id"], "offset": task.offset, "held": held}
        logger.debug("job.held", extra=extra | {"due_at": due_at or None})
        return Held(carried, now)


def _shown(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
