"""The window of a stage: told open and closed by the calendar, or by somebody."""

import json
from typing import Final, Protocol

from scheduler.lane.desk import Desk
from scheduler.lane.order import RUN, STOP, Order
from scheduler.pending.item import Item
from scheduler.rules.rule import Named, Rule, own_key

#: Names of these rules begin so, and no other's do.
_PREFIX: Final = "window-"


class Window(Protocol):
    """Spans of time that come again: `headway.declared.window`."""

    @property
    def said(self) -> str: ...
    def is_open(self, at_ms: int) -> bool: ...
    def closing(self, at_ms: int) -> int: ...
    def next_opening(self, at_ms: int) -> int: ...


class Opening(Rule):
    """Its item is due at the next change. What it says is true until then, whoever reads it late.

    While it is paused nobody opens: what is open closes by itself, as the stage was told.
    """

    def __init__(self, stage: str, window: Window) -> None:
        about = f"{stage} begins what waits for its window: {window.said}."
        super().__init__(Named(name=name_of(stage), kind="window", stage=stage, about=about))
        self._stage = stage
        self._window = window
        self._key = own_key(self.name)

    def begin(self, desk: Desk) -> None:
        known = desk.item(self._key)
        if known is None or json.loads(known.data).get("said") != self._window.said:
            self._follow(desk)

    def due(self, _: Item, desk: Desk) -> None:
        self._follow(desk)

    def ordered(self, order: Order, desk: Desk) -> None:
        """Run: open from now to the end of the span there is, or of the next. Stop: close."""
        now = desk.now_ms
        if order.kind == RUN:
            within = now if self._window.is_open(now) else self._window.next_opening(now)
            self._tell(desk, self._window.closing(within), by=order.by)
        elif order.kind == STOP:
            self._tell(desk, None, by=order.by)

    def _follow(self, desk: Desk) -> None:
        now = desk.now_ms
        self._tell(desk, self._window.closing(now) if self._window.is_open(now) else None)

    def _tell(self, desk: Desk, until: int | None, by: str = "") -> None:
        """Open *until* then (ms), or closed."""
        now = desk.now_ms
        next_at = self._window.next_opening(now)
        told = {"stage": self._stage, "open": until is not None, "until": until}
        desk.open_window({**told, "next_at": next_at, "by": by, "at": now})
        data = json.dumps({"said": self._window.said})
        desk.put(Item(next_at if until is None else until, self._key, self.name, data=data))


def name_of(stage: str) -> str:
    """The name of the rule of a stage's window."""
    return _PREFIX + stage


def stage_of(rule: str) -> str:
    """The stage whose window *rule* is; empty: it is another rule's name."""
    return rule.removeprefix(_PREFIX) if rule.startswith(_PREFIX) else ""
