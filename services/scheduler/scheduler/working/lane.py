"""One lane at work: it hears of jobs and orders, and does what has come due."""

from collections.abc import Sequence
from typing import Final

from scheduler.lane.job import Job
from scheduler.lane.order import PAUSE, RESUME, Order
from scheduler.lane.standing import Standing
from scheduler.rules.rule import Rule
from scheduler.working.beside import Beside
from scheduler.working.changes import Changes
from scheduler.working.writing import Writing

#: What one turn does of a rule at most: the group has to be answered in between.
MOST_AT_ONCE: Final = 500
_HOUR_MS: Final = 3_600_000
_MS: Final = 1000


class Lane:
    """For the loop's thread, which nothing here blocks."""

    def __init__(self, rules: Sequence[Rule], desk: Writing, beside: Beside) -> None:
        self.desk = desk
        self._rules = {rule.name: rule for rule in rules}
        self._beside = beside

    def begin(self) -> None:
        """All that waits is known: rules that are new plan, those that are no more let go."""
        desk = self.desk
        known = {item.rule for item in desk.pending} | desk.standings.keys()
        for name in sorted(known - self._rules.keys()):
            desk.forget(name)
        for rule in self._rules.values():
            desk.acting = rule.name
            if rule.name not in desk.standings:
                desk.standings[rule.name] = Standing(paused=rule.named.begins_paused)
                desk.press(rule.name)
            desk.standings[rule.name].changed = True  # what is said of it may be other words now
            rule.begin(desk)

    def end(self) -> None:
        """It is not ours any more."""
        for rule in self._rules.values():
            rule.end(self.desk)
        self._beside.forget(self.desk.lane)

    def last_words(self) -> None:
        """Its owner ends in order: whatever is not told is told with the last transaction."""
        self.desk.press_changed()

    def hear(self, job: Job) -> None:
        """The newest state of a job."""
        desk = self.desk
        desk.heard(job.offset)
        wanted = next(filter(None, (rule.wants(job) for rule in self._rules.values())), None)
        if wanted is None:
            desk.remove(job.job_id)
        elif desk.item(job.job_id) != wanted:
            desk.put(wanted)
        for rule in self._rules.values():
            rule.changed(job, desk)

    def hear_gone(self, job_id: str, offset: int) -> None:
        """A job was forgotten."""
        self.desk.heard(offset)
        self.desk.remove(job_id)
        for rule in self._rules.values():
            rule.gone(job_id, self.desk)

    def passed(self, offset: int) -> None:
        """States below *offset* are taken in, those included that say nothing."""
        self.desk.heard(offset - 1)

    def obey(self, order: Order | None, offset: int) -> None:
        """Somebody wants something of a rule; None: what it is cannot be read."""
        desk = self.desk
        desk.touched().orders = offset + 1
        rule = None if order is None else self._rules.get(order.rule)
        if order is None or rule is None:
            return
        standing = desk.standing(rule.name)
        if order.kind in {PAUSE, RESUME}:
            standing.paused = order.kind == PAUSE
            standing.paused_by = order.by if standing.paused else ""
        else:
            desk.acting = rule.name
            rule.ordered(order, desk)
        desk.press(rule.name)

    def turn(self, most: int = MOST_AT_ONCE) -> None:
        """What has come due, and a little of what is under way."""
        self._beside.finish(self.desk)
        for rule in self._rules.values():
            if not self.desk.standing(rule.name).paused:
                self.desk.acting = rule.name
                self._fire(rule, most)
                rule.turn(self.desk)

    def due_in(self) -> float:
        """Seconds until something comes due; 0 if something is, an hour at most."""
        desk, now = self.desk, self.desk.now_ms
        firsts = [
            first.due_at
            for name in self._rules
            if not desk.standing(name).paused and (first := desk.first(name))
        ]
        return max(0, min(min(firsts, default=now) - now, _HOUR_MS)) / _MS if firsts else 3600.0

    def cut(self) -> Changes:
        """What has come about since the last time."""
        return self.desk.cut(rule.named for rule in self._rules.values())

    def _fire(self, rule: Rule, most: int) -> None:
        desk, now = self.desk, self.desk.now_ms
        for _ in range(most):
            item = desk.first(rule.name)
            if item is None or item.due_at > now:
                return
            desk.measures.late(rule.name, now - item.due_at)
            rule.due(item, desk)
            if desk.first(rule.name) is item:
                desk.remove(item.key)  # or it would come due for ever
