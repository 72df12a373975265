"""Where everything lies in the picture of the data flow.

The chain goes from left to right. Above each stage is what it could not do: tiers of what it tries
again later, and dead letters. Below are bars, the topics that all stages share, with status at
their left end and whoever is outside at their right.
"""

from collections.abc import Collection, Iterator
from itertools import pairwise
from typing import Final

from headway.declared.catalog import Catalog, Topic
from headway.declared.pipeline import Pipeline, StageDeclaration
from picture import Box

MARGIN: Final = 24
TOPIC: Final = (156, 78)
OUTER_Y: Final = 62
OUTER_HEIGHT: Final = 66
CHAIN_Y: Final = 176
_STAGE_WIDTH: Final = 190
_GAP: Final = 32
_TIERS_WIDTH: Final = 120
_LETTERS_WIDTH: Final = 100
_BETWEEN: Final = 12
_BARS_Y: Final = 302
_BAR: Final = (48, 18)


class Flow:
    """A box for each topic, stage and reader; *services* are ours, every other user is outside."""

    def __init__(self, catalog: Catalog, pipeline: Pipeline, services: Collection[str]) -> None:
        self.catalog = catalog
        self.services = services
        self.pipeline = pipeline
        self.topics: dict[str, Box] = {}
        self.stages: dict[str, Box] = {}
        self.tiers: dict[str, Box] = {}
        self.width = round(self._place_chain() + TOPIC[0] + MARGIN)
        for stage in pipeline.stages:
            self._place_above(stage)
        #: Written beside the transactions, lossy by design.
        self.lossy = (pipeline.progress, pipeline.reports)
        self.bars = (pipeline.state, *self.lossy, pipeline.commands, pipeline.results)
        left, right = (self.stages[pipeline.stages[end].name] for end in (0, -1))
        height, gap = _BAR
        for number, name in enumerate(self.bars):
            y = _BARS_Y + number * (height + gap)
            self.topics[name] = Box(left.x, y, right.right - left.x, height)
        source = self.topics[pipeline.source]
        self.bottom = self.topics[self.bars[-1]].bottom
        self.status = Box(source.x, _BARS_Y, 124, self.bottom - _BARS_Y)

    def way(self, stage: str, bar: str) -> float:
        """The x of what goes between *stage* and *bar*: the bars share the stage's width."""
        box = self.stages[stage]
        return box.x + box.width * (self.bars.index(bar) + 0.5) / len(self.bars)

    def outside(self, users: tuple[str, ...]) -> list[str]:
        """Those of *users* that have no box for all of their topics."""
        return [name for name in users if name not in self.stages and name != "status"]

    def readers_of_letters(self) -> Iterator[tuple[tuple[str, ...], Box, list[Box]]]:
        """Who reads dead letters, where they stand, and the topics beside them.

        They stand between two stages: the last one has its letters on that side.
        """
        for before, after in pairwise(self.pipeline.stages):
            between = self.topics[before.sink]
            box = Box(between.x + 24, OUTER_Y + 6, between.width - 48, 54)
            letters = [before.dead_letters, *([after.dead_letters] if after.last else [])]
            users = self.catalog[before.dead_letters].consumers
            yield users, box, [self.topics[name] for name in letters]

    def beside(self, bar: Topic) -> Box:
        """Where those stand who are outside, at the right of *bar*."""
        box, sink = self.topics[bar.logical_name], self.topics[self.pipeline.stages[-1].sink]
        return Box(sink.x, box.y + 4, sink.width, box.height - 8)

    def _place_chain(self) -> float:
        """The stages and what they read; the x of what the last one writes."""
        x: float = MARGIN
        for stage in self.pipeline.stages:
            self.topics[stage.source] = Box(x, CHAIN_Y, *TOPIC)
            x = self.topics[stage.source].right + _GAP
            self.stages[stage.name] = Box(x, CHAIN_Y, _STAGE_WIDTH, TOPIC[1])
            x = self.stages[stage.name].right + _GAP
        self.topics[self.pipeline.stages[-1].sink] = Box(x, CHAIN_Y, *TOPIC)
        return x

    def _place_above(self, stage: StageDeclaration) -> None:
        """Tiers, then letters; the last stage has its letters towards the one before."""
        widths = (_TIERS_WIDTH, _LETTERS_WIDTH)
        x = self.stages[stage.name].middle - (sum(widths) + _BETWEEN) / 2
        letters_first = stage.last and stage.index > 1
        first, second = reversed(widths) if letters_first else widths
        boxes = (
            Box(x, OUTER_Y, first, OUTER_HEIGHT),
            Box(x + first + _BETWEEN, OUTER_Y, second, OUTER_HEIGHT),
        )
        tiers, letters = reversed(boxes) if letters_first else boxes
        self.tiers[stage.name], self.topics[stage.dead_letters] = tiers, letters
