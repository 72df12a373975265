"""What is done by a crontab: a pending item that puts itself back.

A time that falls into a change of hands is due all the same, only later; several that were
missed together are made up for by one. The last time is kept, and the next one lies behind
it, so a clock that is set back repeats nothing.
"""

import json
from datetime import UTC, datetime, timedelta

from scheduler.declared.crontab import Crontab
from scheduler.lane.desk import Desk
from scheduler.pending.item import Item
from scheduler.rules.rule import Named, Rule, own_key

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Firing(Rule):
    """Calls `fire` at each time of *crontab*."""

    def __init__(self, named: Named, crontab: Crontab) -> None:
        super().__init__(named)
        self._crontab = crontab
        self._key = own_key(self.name)

    def begin(self, desk: Desk) -> None:
        known = desk.item(self._key)
        if known is None or json.loads(known.data) != self._said:
            self.plan(desk, desk.now_ms)

    def due(self, item: Item, desk: Desk) -> None:
        """Put back first: whatever firing comes to, it is planned again."""
        self.plan(desk, max(item.due_at, desk.now_ms))
        self.fire(item.due_at, desk)

    def plan(self, desk: Desk, after_ms: int) -> None:
        """Wait for the first time after that."""
        due_at = self._crontab.after(after_ms)
        desk.put(Item(due_at, self._key, self.name, data=json.dumps(self._said)))

    def fire(self, at_ms: int, desk: Desk) -> None:
        """The time *at_ms* has come; now may be later."""
        raise NotImplementedError

    @property
    def _said(self) -> dict[str, str]:
        return {"at": self._crontab.said, "zone": self._crontab.zone}


def stamp(at_ms: int) -> str:
    """A moment as a part of a name, to the second."""
    return f"{_EPOCH + timedelta(milliseconds=at_ms):%Y%m%dT%H%M%SZ}"
