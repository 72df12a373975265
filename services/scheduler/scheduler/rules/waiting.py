"""Rules under which jobs wait for a command that is due at a time."""

from typing import ClassVar

from scheduler.lane.desk import Desk
from scheduler.lane.order import RUN, STOP, Order
from scheduler.lane.standing import Run
from scheduler.pending.item import Item
from scheduler.rules.rule import Rule

#: Of those that wait, so many begin at once where somebody has them all begin now.
_AT_ONCE = 200


class Waiting(Rule):
    """Each due item is one *command*. Run now: all that wait begin, whenever they were due."""

    waits_for_jobs = True
    command: ClassVar[str]

    def due(self, item: Item, desk: Desk) -> None:
        desk.remove(item.key)
        desk.command(self.command, item.key, item.attempt, stage=item.stage)

    def ordered(self, order: Order, desk: Desk) -> None:
        standing = desk.standing(self.name)
        if order.kind == RUN and standing.running is None:
            standing.run = Run(order.command_id, desk.now_ms, dry=False, by=order.by)
            standing.run.end = desk.count(self.name)
        elif order.kind == STOP and standing.running is not None:
            standing.running.finished_at = desk.now_ms
        else:
            return
        desk.press(self.name)

    def turn(self, desk: Desk) -> None:
        """Those due first begin first; as many as waited when it was asked for, at most."""
        run = desk.standing(self.name).running
        if run is None:
            return
        for _ in range(min(_AT_ONCE, run.end - run.position)):
            item = desk.first(self.name)
            if item is None:
                run.position = run.end
                break
            self.due(item, desk)
            run.position += 1
            run.matched = run.sent = run.sent + 1
        if run.position >= run.end:
            run.finished_at = desk.now_ms
        desk.press(self.name)
