"""A lane without a cluster: its desk, and what was done at it."""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from support.clock import ManualClock

from headway.declared.catalog import Catalog
from headway.declared.pipeline import Pipeline
from headway.wire.codec import Codec
from scheduler.lane.standing import Standing
from scheduler.lane.words import Words
from scheduler.pending.heap import Pending
from scheduler.pending.item import Item
from scheduler.rules.rule import Rule
from scheduler.working.beside import Beside
from scheduler.working.changes import Changes
from scheduler.working.lane import Lane
from scheduler.working.writing import Writing

CODEC = Codec()
CATALOG = Catalog.load()
PIPELINE = Pipeline.load()
WORDS = Words.of(CODEC, CATALOG, PIPELINE)


def lane_of(
    rules: Sequence[Rule],
    clock: ManualClock,
    *,
    items: Sequence[Item] = (),
    standings: dict[str, Standing] | None = None,
    index: int = 0,
) -> Lane:
    """A lane at work, taken over with *items* and *standings*."""
    beside = Beside()
    desk = Writing(
        index,
        pending=Pending.of(items),
        standings=deepcopy(standings or {}),
        words=WORDS,
        beside=beside,
        clock=clock,
    )
    lane = Lane(rules, desk, beside)
    lane.begin()
    return lane


class Topics:
    """What was committed of one lane: as its topics have it after compaction."""

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}
        self.standings: dict[str, Standing] = {}
        self.commands: list[dict[str, Any]] = []
        self.windows: list[dict[str, Any]] = []
        self.submitted: list[dict[str, Any]] = []
        self.told: list[dict[str, Any]] = []
        self.jobs = 0

    def commit(self, lane: Lane) -> "Topics":
        """What the lane has to say is visible."""
        self.take(lane.cut())
        return self

    def take(self, changes: Changes) -> None:
        self.jobs = changes.jobs or self.jobs
        for key, item in changes.items.items():
            record = WORDS.of_item(0, key, item)
            if record.value is None:
                self.items.pop(key, None)
            else:
                self.items[key] = WORDS.item(record.value)
        for record in changes.standings:
            name = (record.key or b"").decode()
            if record.value is None:
                self.standings.pop(name, None)
            else:
                self.standings[name] = WORDS.standing(record.value)
                self.told.append(CODEC.decode(record.value, "schedule-rule"))
        for record in changes.effects:
            self._effect(record.topic, record.value)

    def _effect(self, topic: str, value: bytes | None) -> None:
        lists = {
            WORDS.topics.commands: (self.commands, "job-command"),
            WORDS.topics.windows: (self.windows, "stage-window"),
            WORDS.topics.submitted: (self.submitted, "job-submitted"),
        }
        found, record = lists[topic]
        found.append({} if value is None else CODEC.decode(value, record))
