"""A pool that keeps the order of order keys: what is to be tried again later rests in its place.

No thread is held by a task that rests or waits for its turn. Each is a record in memory, so there
is a bound: above it the partitions they are of pause, and others go on.
"""

from collections.abc import Callable, Iterable
from heapq import heappop, heappush
from itertools import count
from typing import Any, Final

from headway.base.clock import Clock
from headway.handling.pool import WorkerPool
from headway.outcomes.resting import Resting
from headway.owning.flow import Reason
from headway.taking.task import Task
from headway.taking.turns import Turns

#: Why partitions are paused above the bound.
REASON: Final = "order"


class OrderedPool(WorkerPool):
    """As the pool, but a task waits for its turn, and rests when its outcome says so.

    Those are not counted by `len`: nothing is at work, and nothing is to be waited for.
    *rested* hears of a task that begins to rest. *crowded* pauses partitions while more than *most*
    records or *most_bytes* rest or wait.
    """

    def __init__(
        self,
        *args: Any,
        turns: Turns,
        rested: Callable[[Task, Resting], None],
        crowded: Reason,
        most: int,
        most_bytes: int,
        clock: Clock,
        **how: Any,
    ) -> None:
        super().__init__(*args, **how)
        self._turns = turns
        self._rested = rested
        self._crowded = crowded
        self._most, self._most_bytes = most, most_bytes
        self._clock = clock
        self._asleep: dict[Task, None] = {}
        self._due: list[tuple[int, int, Task]] = []
        self._numbers = count()
        self._held: dict[Task, None] = {}
        self._held_bytes = self._minded = 0
        #: Called with a task that does not begin, for it has to wait for its turn or its time.
        self.on_hold: Callable[[Task], None] = _ignore

    @property
    def held(self) -> int:
        """Tasks that rest, or wait for their turn."""
        return len(self._held)

    def submit(self, task: Task) -> None:
        if task.partition.orders:
            mine = [other for other in self._asleep if other.key == task.key]
            self._wake(filter(_is_cancelled, mine))
        if self._turns.hand_over(task):
            self._begin(task)
        else:
            self._hold(task)

    def collect(self, *, most: int, timeout: float) -> list[Task]:
        self._wake_due()
        ended = [t for t in super().collect(most=most, timeout=timeout) if not self._rests(t)]
        for task in ended:
            self._advance(self._turns.leave(task))
        for task in self._turns.forget_lost():
            self._advance(task)
        self._mind_the_bound()
        return ended

    def _rests(self, task: Task) -> bool:
        """Whether *task* is not over but begins to rest."""
        outcome = task.outcome
        if not isinstance(outcome, Resting) or task.partition.lost:
            return False
        self._rested(task, outcome)
        task.carried, task.outcome, task.envelope = outcome.carried, None, None
        task.progress = task.progress_sent = None
        task.announced, task.started_at = False, 0  # that it runs again is told when it does
        self._rest(task)
        return True

    def _begin(self, task: Task) -> None:
        """*task* has its turn: it begins when it is due, or when nobody wants it any more."""
        carried = task.carried
        if carried is None or carried.due_at <= self._clock.now_ms() or _is_cancelled(task):
            super().submit(task)
        else:
            self._rest(task)

    def _advance(self, task: Task | None) -> None:
        if task is not None:
            self._let_go(task)
            self._begin(task)

    def _rest(self, task: Task) -> None:
        self._asleep[task] = None
        carried = task.carried
        heappush(self._due, (carried.due_at if carried else 0, next(self._numbers), task))
        self._hold(task)

    def _wake_due(self) -> None:
        if not self._asleep:
            return
        now = self._clock.now_ms()
        while self._due and self._due[0][0] <= now:
            due, _, task = heappop(self._due)
            if task.carried and task.carried.due_at == due:
                self._wake([task])
        self._wake([task for task in self._asleep if task.partition.lost])

    def _wake(self, tasks: Iterable[Task]) -> None:
        for task in tasks:
            if task in self._asleep:
                del self._asleep[task]
                self._let_go(task)
                super().submit(task)

    def _hold(self, task: Task) -> None:
        self._held[task] = None
        self._held_bytes += task.size_bytes
        self.on_hold(task)

    def _let_go(self, task: Task) -> None:
        if task in self._held:
            del self._held[task]
            self._held_bytes -= task.size_bytes

    def _mind_the_bound(self) -> None:
        paused = self._crowded.places
        full = max(len(self._held) / self._most, self._held_bytes / self._most_bytes)
        if paused and full <= 1 / 2:
            self._crowded.resume(set(paused))
        elif full >= 1 and len(self._held) != self._minded:
            self._minded = len(self._held)
            self._crowded.pause({task.partition.place for task in self._held})


def _is_cancelled(task: Task) -> bool:
    envelope = task.carried.envelope if task.carried else None
    return envelope is not None and task.partition.jobs.held.is_cancelled(
        envelope["job_id"], envelope["attempt"]
    )


def _ignore(_: Task) -> None:
    """Nobody minds."""
