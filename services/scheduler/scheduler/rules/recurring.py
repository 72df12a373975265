"""A job that is submitted again and again, by a crontab."""

from typing import Any

from headway.wire.identity import partition_of
from scheduler.declared.crontab import Crontab
from scheduler.lane.desk import Desk
from scheduler.lane.order import RUN, Order
from scheduler.rules.firing import Firing, stamp
from scheduler.rules.rule import Named


class Recurring(Firing):
    """Only in the lane of its name. The job_id is made of the time: submitted twice, it is one."""

    def __init__(
        self, named: Named, crontab: Crontab, fields: dict[str, Any], *, lane: int, lanes: int
    ) -> None:
        super().__init__(named, crontab)
        self._fields = fields
        self._here = partition_of(named.name, lanes) == lane

    def begin(self, desk: Desk) -> None:
        if self._here:
            super().begin(desk)

    def fire(self, at_ms: int, desk: Desk) -> None:
        desk.submit(f"{self.name}-{stamp(at_ms)}", self._fields)

    def ordered(self, order: Order, desk: Desk) -> None:
        """Run: one more now, and the next one when it is due by the clock as it is now."""
        if self._here and order.kind == RUN:
            self.fire(order.at, desk)
            self.plan(desk, desk.now_ms)
