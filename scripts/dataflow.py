"""The data flow, drawn from `schemas/topics` and `schemas/pipeline.yaml`."""

from collections.abc import Collection, Iterator
from textwrap import wrap
from typing import Final

from flow.places import MARGIN, OUTER_HEIGHT, OUTER_Y, Flow
from headway.declared.catalog import Catalog, Topic
from headway.declared.pipeline import Pipeline, StageDeclaration
from picture import Box, Picture, Point
from topicwords import kept, lasting, of_tiers

_CELL: Final = 9
#: From the middle of a way there and back to each of its lines.
_APART: Final = 8
_BELOW: Final = 116


def svg(catalog: Catalog, pipeline: Pipeline, services: Collection[str]) -> str:
    """The picture; *services* are ours, every other user of a topic is outside."""
    flow = Flow(catalog, pipeline, services)
    picture = Picture(
        flow.width,
        round(flow.bottom) + _BELOW,
        "Data flow",
        "Jobs pass from topic to topic through the stages; every stage writes its output, the "
        "jobs' states, what it tries again later and its dead letters in one transaction; it "
        "hears commands and tells what became of them; status reads the states.",
    )
    for stage in pipeline.stages:
        _draw_chain(picture, flow, stage)
        _draw_ways(picture, flow, stage)
    _draw_ends(picture, flow)
    _draw_readers_of_letters(picture, flow)
    _draw_beside_bars(picture, flow)
    _draw_status(picture, flow)
    for name, box in flow.topics.items():
        _draw_topic(picture, catalog[name], box, _kind(name, pipeline), wide=name in flow.bars)
    for stage in pipeline.stages:
        _draw_tiers(picture, flow, stage)
        _draw_service(picture, stage.name, flow.stages[stage.name])
    _draw_legend(picture, flow)
    return picture.svg()


def _draw_chain(picture: Picture, flow: Flow, stage: StageDeclaration) -> None:
    """From source to sink, and up to what could not be done."""
    box, source = flow.stages[stage.name], flow.topics[stage.source]
    picture.arrow("read", (source.right, source.centre), (box.x, box.centre))
    picture.arrow("frame", (box.right, box.centre), (flow.topics[stage.sink].x, box.centre))
    letters, tiers = flow.topics[stage.dead_letters], flow.tiers[stage.name]
    picture.arrow("give-up", (letters.middle, box.y), (letters.middle, letters.bottom))
    there, back = tiers.middle - _APART, tiers.middle + _APART
    picture.arrow("frame", (there, box.y), (there, tiers.bottom))
    picture.arrow("read", (back, tiers.bottom), (back, box.y))


def _draw_ways(picture: Picture, flow: Flow, stage: StageDeclaration) -> None:
    """Down to the bars that the stage writes, up from those it reads; behind others."""
    bottom = flow.stages[stage.name].bottom
    for name in flow.bars:
        topic, bar, x = flow.catalog[name], flow.topics[name], flow.way(stage.name, name)
        writes, reads = stage.name in topic.producers, stage.name in topic.consumers
        apart = _APART if writes and reads else 0
        if writes:
            kind = "lossy" if name in flow.lossy else "frame"
            picture.arrow(kind, (x - apart, bottom), (x - apart, bar.y))
        if reads:
            picture.arrow("read", (x + apart, bar.y), (x + apart, bottom))


def _draw_ends(picture: Picture, flow: Flow) -> None:
    """Who hands jobs in, and who takes them."""
    source = flow.topics[flow.pipeline.source]
    writers = flow.outside(flow.catalog[flow.pipeline.source].producers)
    width = (source.width - 6 * (len(writers) - 1)) / len(writers)
    for number, name in enumerate(writers):
        box = Box(source.x + number * (width + 6), OUTER_Y, width, OUTER_HEIGHT)
        _draw_user(picture, flow, name, box)
        picture.arrow("read", (box.middle, box.bottom), (box.middle, source.y))
    name = flow.pipeline.stages[-1].sink
    sink, readers = flow.topics[name], flow.outside(flow.catalog[name].consumers)
    box = Box(sink.x, OUTER_Y, sink.width, OUTER_HEIGHT)
    _draw_outside(picture, ", ".join(readers), box)
    picture.arrow("read", (sink.middle, sink.y), (sink.middle, box.bottom))


def _draw_readers_of_letters(picture: Picture, flow: Flow) -> None:
    for users, box, topics in flow.readers_of_letters():
        _draw_outside(picture, ", ".join(users), box)
        for letters in topics:
            before = letters.x < box.x
            start, end = (letters.right, box.x) if before else (letters.x, box.right)
            picture.arrow("read", (start, letters.centre), (end, box.centre))


def _draw_beside_bars(picture: Picture, flow: Flow) -> None:
    """Others than stages that write or read what all stages share."""
    for name in flow.bars:
        topic, bar = flow.catalog[name], flow.topics[name]
        box = flow.beside(topic)
        ways = (
            (topic.producers, (box.x, box.centre), (bar.right, bar.centre)),
            (topic.consumers, (bar.right, bar.centre), (box.x, box.centre)),
        )
        for users, start, end in ways:
            if names := flow.outside(users):
                _draw_outside(picture, ", ".join(names), box)
                picture.arrow("read", start, end)


def _draw_status(picture: Picture, flow: Flow) -> None:
    source, status = flow.topics[flow.pipeline.source], flow.status
    _draw_service(picture, "status", status)
    picture.arrow("read", (status.middle, source.bottom), (status.middle, status.y))
    for name in flow.bars:
        bar = flow.topics[name]
        if "status" in flow.catalog[name].consumers:
            picture.arrow("read", (bar.x, bar.centre), (status.right, bar.centre))
    people = Box(status.x, flow.bottom + 36, status.width, 48)
    _draw_outside(picture, "HTTP, events, dashboard", people)
    picture.arrow("read", (status.middle, status.bottom), (status.middle, people.y))


def _draw_topic(picture: Picture, topic: Topic, box: Box, kind: str, *, wide: bool) -> None:
    value = topic.value if topic.value.partition(".v")[1] else "original bytes"
    words = [f"{value} · {kept(topic)}"] if wide else [value, kept(topic)]
    _draw_place(picture, (topic.logical_name, words), box, kind, topic.partitions)


def _draw_tiers(picture: Picture, flow: Flow, stage: StageDeclaration) -> None:
    """All of a stage in one box."""
    first, *more = (lasting(delay) for delay in stage.retry.delays_seconds)
    words = f"{first} to {more[-1]} later" if more else f"{first} later"
    partitions = flow.catalog[stage.retry_topics[0]].partitions
    told = (of_tiers(stage), ["original bytes", words])
    _draw_place(picture, told, flow.tiers[stage.name], "topic", partitions)


def _draw_place(
    picture: Picture, told: tuple[str, list[str]], box: Box, kind: str, partitions: int
) -> None:
    name, words = told
    picture.box(kind, box)
    picture.text(name, (box.middle, box.y + (21 if box.height > OUTER_HEIGHT - 10 else 18)))
    for number, line in enumerate(words):
        y = box.y + (37 if box.height > OUTER_HEIGHT - 10 else 33) + 14 * number
        picture.text(line, (box.middle, y), kind="small muted")
    width = partitions * _CELL - 2
    for number in range(partitions):
        cell = Box(box.middle - width / 2 + number * _CELL, box.bottom - 8, _CELL - 2, 3)
        picture.box("track", cell, radius=1)


def _draw_service(picture: Picture, name: str, box: Box) -> None:
    picture.box("service", box, radius=10)
    picture.text(name, (box.middle, box.centre + 5))


def _draw_user(picture: Picture, flow: Flow, name: str, box: Box) -> None:
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


def _draw_legend(picture: Picture, flow: Flow) -> None:
    partitions = flow.catalog[flow.pipeline.source].partitions
    picture.text(
        f"Every topic has {partitions} partitions by job_id: a job keeps its partition number. "
        f"Only {flow.pipeline.reports} goes by instance.",
        (MARGIN, 34),
        kind="small muted",
        anchor="start",
    )
    for kind, words, (x, y) in _legend(flow):
        picture.arrow(kind, (x, y), (x + 34, y))
        picture.text(words, (x + 44, y + 4), kind="small muted", anchor="start")


def _legend(flow: Flow) -> Iterator[tuple[str, str, Point]]:
    left = flow.topics[flow.pipeline.progress].x
    right, top = left + 290, flow.bottom + 48
    yield "frame", "written in the stage's transaction", (left, top)
    yield "give-up", "the same, for a record given up", (left, top + 24)
    yield "read", "read; or written and acknowledged", (right, top)
    yield "lossy", "sampled beside the transactions, lossy", (right, top + 24)


def _kind(name: str, pipeline: Pipeline) -> str:
    if name == pipeline.state:
        return "state"
    letters = {stage.dead_letters for stage in pipeline.stages}
    return "bad" if name in letters else "topic"
