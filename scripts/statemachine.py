"""The states of a job, drawn from `schemas/pipeline.yaml`."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from headway.declared.pipeline import Pipeline, Status
from picture import Box, Picture

_MARGIN: Final = 20
_WIDTH: Final = 150
_HEIGHT: Final = 64
_GAP: Final = 24
_TOP: Final = 100
_FAILED_Y: Final = 232
_BOTTOM: Final = 312
_TRACK: Final = 100


@dataclass(frozen=True, slots=True)
class _State:
    """A status, where it is drawn, and its place in (stage, step)."""

    status: Status
    box: Box
    rank: str


def svg(pipeline: Pipeline) -> str:
    """The picture."""
    states = _states(pipeline)
    width = round(states[-1].box.right + _MARGIN)
    picture = Picture(
        width,
        _BOTTOM,
        "States of a job",
        "A job moves from QUEUED through the running and the done state of each stage to the "
        "last one; from any of them but the last it may fail. It never moves back.",
    )
    _draw_bands(picture, pipeline, states)
    _draw_moves(picture, pipeline, states)
    for state in states:
        _draw_state(picture, state, kind="state" if state is states[-1] else "topic")
    _draw_ends(picture, pipeline, states)
    return picture.svg()


def mermaid(pipeline: Pipeline) -> str:
    """The same as a Mermaid state diagram."""
    lines = ["stateDiagram-v2", f"  [*] --> {pipeline.queued.name}"]
    before = pipeline.queued.name
    for stage in pipeline.stages:
        running, done = stage.running.name, stage.done.name
        lines += [
            f"  {before} --> {running}: {stage.name} is at work",
            f"  {running} --> {done}: {stage.name} is done",
            f"  {before} --> {done}: both in one frame",
            f"  {before} --> {pipeline.failed}: {stage.name} cannot read the record",
            f"  {running} --> {pipeline.failed}: {stage.name} gives up",
        ]
        before = done
    lines += [f"  {before} --> [*]", f"  {pipeline.failed} --> [*]"]
    return "```mermaid\n" + "\n".join(lines) + "\n```\n"


def table(pipeline: Pipeline) -> str:
    """A line a status: its percent, its place, who writes it."""
    lines = [
        "| status | percent | stage, step | terminal | written by |",
        "|---|---|---|---|---|",
        (
            f"| `{pipeline.queued.name}` | {pipeline.queued.progress} | 0, 0 | no "
            f"| whoever writes `{pipeline.source}`: the record itself is the state |"
        ),
    ]
    for stage in pipeline.stages:
        lines.append(
            f"| `{stage.running.name}` | {stage.running.progress} | {stage.index}, 0 | no "
            f"| {stage.name}, when its handler works for longer than the linger |"
        )
        lines.append(
            f"| `{stage.done.name}` | {stage.done.progress} | {stage.index}, 1 "
            f"| {'yes' if stage.last else 'no'} | {stage.name}, with its output |"
        )
    lines.append(
        f"| `{pipeline.failed}` | that of the stage's running state | its stage, 1 | yes "
        "| the stage that gave up, with the dead letter |"
    )
    lines += [
        f"| `{pipeline.retry_scheduled}` | that of the stage's running state | its stage, 0 | no "
        "| the stage that tries the job again later, or was told to |",
        f"| `{pipeline.cancelled}` | that of the stage's running state | its stage, 1 | yes "
        "| the stage that held the job when somebody cancelled it |",
    ]
    return "\n".join(lines) + "\n"


def _states(pipeline: Pipeline) -> list[_State]:
    placed = [(pipeline.queued, "0, 0")]
    for stage in pipeline.stages:
        placed += [(stage.running, f"{stage.index}, 0"), (stage.done, f"{stage.index}, 1")]
    return [
        _State(status, Box(_MARGIN + number * (_WIDTH + _GAP), _TOP, _WIDTH, _HEIGHT), rank)
        for number, (status, rank) in enumerate(placed)
    ]


def _draw_bands(picture: Picture, pipeline: Pipeline, states: list[_State]) -> None:
    for stage, running, done in zip(pipeline.stages, states[1::2], states[2::2], strict=True):
        left, right = running.box.x - 9, done.box.right + 9
        picture.box("band", Box(left, 20, right - left, _TOP + _HEIGHT - 8), radius=10)
        at = ((left + right) / 2, 40)
        picture.text(f"stage {stage.name}", at, kind="name muted")


def _draw_moves(picture: Picture, pipeline: Pipeline, states: list[_State]) -> None:
    failed_y = _FAILED_Y
    for before, after in pairwise(states):
        picture.arrow(
            "frame", (before.box.right, before.box.centre), (after.box.x, after.box.centre)
        )
    for number, stage in enumerate(pipeline.stages):
        before, running, done = states[2 * number : 2 * number + 3]
        picture.arc(
            "lossy", (before.box.middle + 12, _TOP), (done.box.middle - 12, _TOP), height=30
        )
        for state, words in ((before, f"{stage.name} cannot read it"), (running, "given up")):
            x = state.box.middle
            picture.arrow("give-up", (x, state.box.bottom), (x, failed_y))
            at = (x + 7, (state.box.bottom + failed_y) / 2 + 4)
            picture.text(words, at, kind="small muted", anchor="start")


def _draw_state(picture: Picture, state: _State, *, kind: str) -> None:
    box = state.box
    picture.box(kind, box, radius=10)
    picture.text(state.status.name, (box.middle, box.y + 22), kind="small name ink")
    track = Box(box.middle - _TRACK / 2, box.y + 32, _TRACK, 5)
    picture.box("track", track, radius=2.5)
    if state.status.progress:
        part = Box(track.x, track.y, _TRACK * state.status.progress / 100, 5)
        picture.box("fill", part, radius=2.5)
    words = f"{state.status.progress} %  ·  ({state.rank})"
    picture.text(words, (box.middle, box.y + 54), kind="small muted")


def _draw_ends(picture: Picture, pipeline: Pipeline, states: list[_State]) -> None:
    failed = Box(states[0].box.x, _FAILED_Y, states[-2].box.right - states[0].box.x, 40)
    picture.box("bad", failed, radius=10)
    picture.text(pipeline.failed, (failed.middle, failed.y + 25), kind="name ink")
    x = states[-1].box.x
    words = ("tried again later", "somebody cancelled it")
    names = (pipeline.retry_scheduled, pipeline.cancelled)
    for number, (name, told) in enumerate(zip(names, words, strict=True)):
        box = Box(x, _FAILED_Y - 30 + number * 48, _WIDTH, 40)
        picture.box("outside", box, radius=8)
        picture.text(name, (box.middle, box.y + 17), kind="small name ink")
        picture.text(told, (box.middle, box.y + 33), kind="small muted")
    picture.text(
        "Percent of the whole job · (stage, step): a state never moves to a lower one in the same "
        "attempt.  Dashed: start and end told at once.",
        (_MARGIN, _BOTTOM - 16),
        kind="small muted",
        anchor="start",
    )
