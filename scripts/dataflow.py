"""The data flow, drawn from `schemas/topics` and `schemas/pipeline.yaml`."""

from collections.abc import Collection, Iterator
from itertools import pairwise
from textwrap import wrap
from typing import Final

from headway.declared.catalog import Catalog, Topic
from headway.declared.pipeline import Pipeline, StageDeclaration
from picture import Box, Picture, Point
from topicwords import kept

_MARGIN: Final = 24
_TOPIC: Final = (156, 78)
_STAGE_WIDTH: Final = 104
_GAP: Final = 32
_OUTER_Y: Final = 62
_CHAIN_Y: Final = 176
_STATE_Y: Final = 318
_PROGRESS_Y: Final = 394
_BAR_HEIGHT: Final = 54
_STATUS_BOTTOM: Final = 448
_HEIGHT: Final = 560
_CELL: Final = 9


class _Flow:
    """Where everything lies: the chain from left to right, dead letters above, states below."""

    def __init__(self, catalog: Catalog, pipeline: Pipeline, services: Collection[str]) -> None:
        self.catalog = catalog
        self.services = services
        self.pipeline = pipeline
        self.topics: dict[str, Box] = {}
        self.stages: dict[str, Box] = {}
        x: float = _MARGIN
        for stage in pipeline.stages:
            self.topics[stage.source] = Box(x, _CHAIN_Y, *_TOPIC)
            x = self.topics[stage.source].right + _GAP
            self.stages[stage.name] = Box(x, _CHAIN_Y, _STAGE_WIDTH, _TOPIC[1])
            x = self.stages[stage.name].right + _GAP
        self.topics[pipeline.stages[-1].sink] = Box(x, _CHAIN_Y, *_TOPIC)
        self.width = round(x + _TOPIC[0] + _MARGIN)
        first, last = self.stages[pipeline.stages[0].name], self.stages[pipeline.stages[-1].name]
        left, right = first.x + 30, last.right - 30
        self.topics[pipeline.state] = Box(left, _STATE_Y, right - left, _BAR_HEIGHT)
        left, right = first.x, last.right
        self.topics[pipeline.progress] = Box(left, _PROGRESS_Y, right - left, _BAR_HEIGHT)
        source = self.topics[pipeline.source]
        self.status = Box(source.x, _STATE_Y, _STAGE_WIDTH + 6, _STATUS_BOTTOM - _STATE_Y)
        for stage in pipeline.stages:
            box = self.stages[stage.name]
            self.topics[stage.dead_letters] = Box(box.x - 14, _OUTER_Y, box.width + 28, 66)

    def users(self, names: tuple[str, ...]) -> list[str]:
        return [name for name in names if name not in self.stages]


def svg(catalog: Catalog, pipeline: Pipeline, services: Collection[str]) -> str:
    """The picture; *services* are ours, every other user of a topic is outside."""
    flow = _Flow(catalog, pipeline, services)
    picture = Picture(
        flow.width,
        _HEIGHT,
        "Data flow",
        "Jobs pass from topic to topic through the stages; every stage writes its output, the "
        "jobs' states and its dead letters in one transaction; status reads the states.",
    )
    _draw_frames(picture, flow)
    _draw_outsiders(picture, flow)
    _draw_status(picture, flow)
    for name, box in flow.topics.items():
        _draw_topic(picture, catalog[name], box, _kind(name, pipeline))
    for name, box in flow.stages.items():
        _draw_service(picture, name, box)
    _draw_legend(picture, flow)
    return picture.svg()


def _draw_frames(picture: Picture, flow: _Flow) -> None:
    for stage in flow.pipeline.stages:
        box, source = flow.stages[stage.name], flow.topics[stage.source]
        picture.arrow("read", (source.right, source.centre), (box.x, box.centre))
        picture.arrow("frame", (box.right, box.centre), (flow.topics[stage.sink].x, box.centre))
        letters = flow.topics[stage.dead_letters]
        picture.arrow("give-up", (box.middle, box.y), (box.middle, letters.bottom))
        picture.arrow("frame", (box.middle, box.bottom), (box.middle, _STATE_Y))
        picture.arrow("lossy", *_progress_way(flow, stage))
        if stage.name in flow.catalog[flow.pipeline.state].consumers:
            x = box.middle + 16
            picture.arrow("read", (x, _STATE_Y), (x, box.bottom))


def _progress_way(flow: _Flow, stage: StageDeclaration) -> tuple[Point, Point]:
    """Down beside the states' topic where there is room, at the ends; else behind it."""
    box = flow.stages[stage.name]
    x = box.right - 12 if stage.last else box.x + 12
    return (x, box.bottom), (x, _PROGRESS_Y)


def _draw_outsiders(picture: Picture, flow: _Flow) -> None:
    source = flow.topics[flow.pipeline.source]
    writers = flow.users(flow.catalog[flow.pipeline.source].producers)
    width = (source.width - 6 * (len(writers) - 1)) / len(writers)
    for number, name in enumerate(writers):
        box = Box(source.x + number * (width + 6), _OUTER_Y, width, 66)
        _draw_user(picture, flow, name, box)
        picture.arrow("read", (box.middle, box.bottom), (box.middle, source.y))
    sink = flow.topics[flow.pipeline.stages[-1].sink]
    readers = Box(sink.x, _OUTER_Y, sink.width, 66)
    for name in flow.users(flow.catalog[flow.pipeline.stages[-1].sink].consumers):
        _draw_user(picture, flow, name, readers)
        picture.arrow("read", (sink.middle, sink.y), (sink.middle, readers.bottom))
    _draw_operators(picture, flow)


def _draw_operators(picture: Picture, flow: _Flow) -> None:
    """Readers of dead letters stand between them, above the topic that joins two stages."""
    for before, after in pairwise(flow.pipeline.stages):
        between = flow.topics[before.sink]
        box = Box(between.x + 24, _OUTER_Y + 12, between.width - 48, 42)
        for name in flow.users(flow.catalog[before.dead_letters].consumers):
            _draw_user(picture, flow, name, box)
        left, right = flow.topics[before.dead_letters], flow.topics[after.dead_letters]
        picture.arrow("read", (left.right, left.centre), (box.x, box.centre))
        picture.arrow("read", (right.x, right.centre), (box.right, box.centre))


def _draw_status(picture: Picture, flow: _Flow) -> None:
    source, status = flow.topics[flow.pipeline.source], flow.status
    _draw_service(picture, "status", status)
    picture.arrow("read", (status.middle, source.bottom), (status.middle, status.y))
    for name in (flow.pipeline.state, flow.pipeline.progress):
        bar = flow.topics[name]
        picture.arrow("read", (bar.x, bar.centre), (status.right, bar.centre))
    people = Box(status.x, _STATUS_BOTTOM + 36, status.width, 48)
    _draw_outside(picture, "HTTP, events, dashboard", people)
    picture.arrow("read", (status.middle, status.bottom), (status.middle, people.y))


def _draw_topic(picture: Picture, topic: Topic, box: Box, kind: str) -> None:
    picture.box(kind, box)
    picture.text(topic.logical_name, (box.middle, box.y + 21))
    for number, words in enumerate(_details(topic, wide=box.width > _TOPIC[0])):
        picture.text(words, (box.middle, box.y + 37 + 14 * number), kind="small muted")
    width = topic.partitions * _CELL - 2
    for number in range(topic.partitions):
        cell = Box(box.middle - width / 2 + number * _CELL, box.bottom - 8, _CELL - 2, 3)
        picture.box("track", cell, radius=1)


def _details(topic: Topic, *, wide: bool) -> list[str]:
    value = topic.value if topic.value.partition(".v")[1] else "original bytes"
    if wide:
        return [f"{value} · {kept(topic)}"]
    return [value, kept(topic)]


def _draw_service(picture: Picture, name: str, box: Box) -> None:
    picture.box("service", box, radius=10)
    picture.text(name, (box.middle, box.centre + 5))


def _draw_user(picture: Picture, flow: _Flow, name: str, box: Box) -> None:
    if name in flow.services:
        _draw_service(picture, name, box)
    else:
        _draw_outside(picture, name, box)


def _draw_outside(picture: Picture, words: str, box: Box) -> None:
    picture.box("outside", box, radius=10)
    lines = wrap(words, int(box.width / 6.6))
    for number, line in enumerate(lines):
        y = box.centre + 4 + 14 * (number - (len(lines) - 1) / 2)
        picture.text(line, (box.middle, y), kind="small ink")


def _draw_legend(picture: Picture, flow: _Flow) -> None:
    partitions = flow.catalog[flow.pipeline.source].partitions
    picture.text(
        f"Every topic has {partitions} partitions by job_id: a job keeps its partition number.",
        (_MARGIN, 34),
        kind="small muted",
        anchor="start",
    )
    for kind, words, (x, y) in _legend(flow):
        picture.arrow(kind, (x, y), (x + 34, y))
        picture.text(words, (x + 44, y + 4), kind="small muted", anchor="start")


def _legend(flow: _Flow) -> Iterator[tuple[str, str, Point]]:
    left = flow.topics[flow.pipeline.progress].x
    right = left + 250
    top = _STATUS_BOTTOM + 48
    yield "frame", "written in the stage's transaction", (left, top)
    yield "give-up", "the same, for a record given up", (left, top + 24)
    yield "read", "read; or written and acknowledged", (right, top)
    yield "lossy", "sampled beside the transactions, lossy", (right, top + 24)


def _kind(name: str, pipeline: Pipeline) -> str:
    if name == pipeline.state:
        return "state"
    letters = {stage.dead_letters for stage in pipeline.stages}
    return "bad" if name in letters else "topic"
