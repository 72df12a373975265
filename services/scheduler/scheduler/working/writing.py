"""The desk of a lane: what its rules do becomes changes, to be said in one transaction."""

from collections.abc import Iterable
from typing import Any, Final

from headway.base.clock import Clock
from headway.wire.commands import Command
from scheduler.lane.desk import Work
from scheduler.lane.standing import Standing
from scheduler.lane.words import Words
from scheduler.pending.heap import Pending
from scheduler.pending.item import Item
from scheduler.rules.rule import Named, own_key
from scheduler.rules.window import stage_of
from scheduler.working.beside import Beside
from scheduler.working.changes import Changes
from scheduler.working.measures import Measures

#: A standing that has merely changed is told once in so long.
_TOLD_SECONDS: Final = 1.0


class Writing:
    """A `scheduler.lane.desk.Desk`; for the loop's thread, which nothing here blocks.

    *standings* are of the rules there are: whoever changes rules changes it.
    """

    def __init__(
        self,
        lane: int,
        *,
        pending: Pending,
        standings: dict[str, Standing],
        words: Words,
        beside: Beside,
        clock: Clock,
    ) -> None:
        self.lane = lane
        self.read_to = 0
        self.pending = pending
        self.standings = standings
        #: Whose the effects are that come now.
        self.acting = ""
        self.measures = Measures()
        self._words = words
        self._beside = beside
        self._clock = clock
        self.changes = Changes(lane)
        self._told_at: dict[str, float] = {}
        self._pressed: set[str] = set()

    @property
    def now_ms(self) -> int:
        return self._clock.now_ms()

    def item(self, key: str) -> Item | None:
        return self.pending.get(key)

    def first(self, rule: str) -> Item | None:
        return self.pending.first(rule)

    def count(self, rule: str) -> int:
        return self.pending.count(rule)

    def put(self, item: Item) -> None:
        self.pending.put(item)
        self._changed(item.rule).items[item.key] = item

    def remove(self, key: str) -> None:
        gone = self.pending.remove(key)
        if gone is not None:
            self._changed(gone.rule).items[key] = None

    def command(
        self,
        kind: str,
        job_id: str,
        attempt: int,
        *,
        stage: str = "",
        from_stage: str = "",
        state_offset: int = -1,
    ) -> None:
        command = Command("", kind, job_id, attempt, stage, "", from_stage, state_offset)
        changes = self._acted(kind)
        changes.effects.append(self._words.of_command(self.lane, self.acting, command))

    def submit(self, job_id: str, fields: dict[str, Any]) -> None:
        self._acted("submit").effects.append(self._words.of_submission(job_id, fields))

    def open_window(self, fields: dict[str, Any]) -> None:
        changes = self._acted("open" if fields["open"] else "close")
        changes.effects.append(self._words.of_window(self.lane, fields["stage"], fields))

    def standing(self, rule: str) -> Standing:
        return self.standings[rule]

    def press(self, rule: str) -> None:
        self._changed(rule).urgent = True
        self._pressed.add(rule)

    def beside(self, item: Item, work: Work) -> bool:
        return self._beside.begin(self, item, work)

    # For the lane itself

    def heard(self, offset: int) -> None:
        """States are taken in up to that of *offset*."""
        self.read_to = offset + 1
        self.touched().jobs = offset + 1

    def press_changed(self) -> None:
        """Have every standing told that has changed since it was told."""
        for name in [name for name, standing in self.standings.items() if standing.changed]:
            self.press(name)

    def touched(self) -> Changes:
        """What is gathered, with something in it."""
        self.changes.touch(self._clock.monotonic())
        return self.changes

    def forget(self, rule: str) -> None:
        """A rule that is declared no more, with all that waits for it."""
        for item in [item for item in self.pending if item.rule == rule]:
            self.remove(item.key)
        if self.standings.pop(rule, None) is not None:
            record = self._words.of_standing(self.lane, rule, None)
            self.touched().standings.append(record)
        if stage := stage_of(rule):
            self.touched().effects.append(self._words.of_window(self.lane, stage, None))

    def to_tell(self) -> list[str]:
        """Rules whose standing it is time to tell."""
        return list(self._to_tell(self._clock.monotonic()))

    def cut(self, rules: Iterable[Named]) -> Changes:
        """What has come about since the last time, with how those of *rules* stand to be told."""
        now, changes, to_tell = self._clock.monotonic(), self.changes, set(self.to_tell())
        for named in rules:
            if named.name not in to_tell:
                continue
            self._told_at[named.name] = now
            self.standings[named.name].changed = False
            record = self._words.of_standing(self.lane, named.name, self._fields(named))
            changes.standings.append(record)
        self._pressed.clear()
        if changes.jobs is None:
            changes.jobs = self.read_to  # what is heard later is in a later transaction
        self.changes = Changes(self.lane)
        return changes

    def _acted(self, effect: str) -> Changes:
        changes = self._changed(self.acting)
        changes.urgent = True
        standing = self.standings.get(self.acting)
        if standing is not None:
            standing.done += 1
            standing.last_at = self.now_ms
        self.measures.effect(self.acting, effect)
        return changes

    def _changed(self, rule: str) -> Changes:
        standing = self.standings.get(rule)
        if standing is not None:
            standing.changed = True
        return self.touched()

    def _to_tell(self, now: float) -> Iterable[str]:
        for name, standing in self.standings.items():
            due = now - self._told_at.get(name, float("-inf")) >= _TOLD_SECONDS
            if name in self._pressed or (due and standing.changed):
                yield name

    def _fields(self, named: Named) -> dict[str, Any]:
        first = self.pending.first(named.name)
        waiting = self.pending.count(named.name) - (self.item(own_key(named.name)) is not None)
        told = {"rule": named.name, "kind": named.kind, "stage": named.stage, "about": named.about}
        more = {"next_at": first.due_at if first else None, "pending": waiting}
        return told | self.standings[named.name].fields() | more | {"updated_at": self.now_ms}
