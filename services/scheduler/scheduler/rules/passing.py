"""A pass as a rule: begun by its crontab or by hand, paced, counted, stopped, gone on with."""

from concurrent.futures import Future
from typing import Final, Protocol
from uuid import NAMESPACE_OID, uuid5

from scheduler.declared.crontab import Crontab
from scheduler.lane.desk import Desk
from scheduler.lane.job import Job
from scheduler.lane.order import COUNT, RUN, STOP, Order
from scheduler.lane.standing import Run
from scheduler.passes.chunk import Walker
from scheduler.passes.errand import Done, Errand, Walking
from scheduler.passes.pace import Pace
from scheduler.passes.walk import MOST_KEPT, Walk
from scheduler.pending.item import Item
from scheduler.rules.firing import Firing
from scheduler.rules.rule import Named, own_key

#: Jobs counted in one turn of a dry run.
_COUNTED_AT_ONCE: Final = 5000
#: Before an errand that failed is tried again.
_AGAIN_MS: Final = 60_000


class Pass(Firing):
    """One run at a time: a firing while one is under way is made up for by that one."""

    def fire(self, at_ms: int, desk: Desk) -> None:
        run_id = str(uuid5(NAMESPACE_OID, f"{self.name}/{at_ms}"))
        self._start(desk, Run(run_id, desk.now_ms, dry=False))

    def ordered(self, order: Order, desk: Desk) -> None:
        running = desk.standing(self.name).running
        if order.kind in {RUN, COUNT}:
            dry = order.kind == COUNT
            self._start(desk, Run(order.command_id, desk.now_ms, dry=dry, by=order.by))
            self.plan(desk, desk.now_ms)
        elif order.kind == STOP and running is not None:
            running.finished_at = desk.now_ms
            desk.press(self.name)

    def _start(self, desk: Desk, run: Run) -> None:
        standing = desk.standing(self.name)
        if standing.running is None:
            standing.run = run
            desk.press(self.name)


class WalkingPass(Pass):
    """Over jobs, so many a second in this lane."""

    def __init__(
        self,
        named: Named,
        crontab: Crontab,
        walking: Walking,
        *,
        walker: Walker,
        pace: Pace,
        most_kept: int = MOST_KEPT,
    ) -> None:
        super().__init__(named, crontab)
        self._most_kept = most_kept
        self._walking = walking
        self._walker = walker
        self._pace = pace
        self._walk: tuple[Run, Walk] | None = None

    def changed(self, job: Job, desk: Desk) -> None:
        if self._walk is not None:
            self._walk[1].overtaken(job.job_id, job.offset)
        self._walking.changed(job, desk)

    def gone(self, job_id: str, desk: Desk) -> None:
        if self._walk is not None:
            self._walk[1].overtaken(job_id, desk.read_to)
        self._walking.gone(job_id, desk)

    def due(self, item: Item, desk: Desk) -> None:
        if item.key == own_key(self.name):
            super().due(item, desk)
        else:
            self._walking.due(item, desk)

    def turn(self, desk: Desk) -> None:
        run = desk.standing(self.name).running
        if run is None:
            self._walk = None
            return
        if self._walk is None or self._walk[0] is not run:
            made = Walk(self._walking, self._walker, run, most=self._most_kept)
            self._walk = run, made
        before = run.position, run.end, run.finished_at
        if run.dry:
            self._walk[1].turn(desk, _COUNTED_AT_ONCE)
        else:
            self._pace.take(self._walk[1].turn(desk, self._pace.free()))
        if before != (run.position, run.end, run.finished_at):
            desk.press(self.name)


class Beside(Protocol):
    """Does what blocks beside the loop."""

    def submit(self, errand: Errand, lane: int, *, dry: bool) -> Future[Done]: ...


class ErrandPass(Pass):
    """One piece of work in this lane, beside the loop; what fails is tried again a minute later."""

    def __init__(self, named: Named, crontab: Crontab, errand: Errand, *, beside: Beside) -> None:
        super().__init__(named, crontab)
        self._errand = errand
        self._beside = beside
        self._under_way: tuple[Run, Future[Done]] | None = None
        self._again_at = 0

    def turn(self, desk: Desk) -> None:
        run = desk.standing(self.name).running
        if run is None:
            return
        if self._under_way is None or self._under_way[0] is not run:
            if desk.now_ms >= self._again_at:
                future = self._beside.submit(self._errand, desk.lane, dry=run.dry)
                self._under_way = run, future
            return
        future = self._under_way[1]
        if not future.done():
            return
        self._under_way = None
        if future.exception() is not None:
            self._again_at = desk.now_ms + _AGAIN_MS
            return
        run.matched, run.sent = future.result()
        run.finished_at = desk.now_ms
        desk.press(self.name)
