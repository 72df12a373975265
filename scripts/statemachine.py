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
_LATER: Final = (128, 42)
_LATER_Y: Final = 212
_AROUND: Final = 10
_ON_ITS_WAY: Final = (54, 270)
_FAILED_Y: Final = 318
_BOTTOM: Final = 416
_TRACK: Final = 100

_WORDS: Final = (
    (
        "Percent of the whole job · (stage, step): a state never moves to a lower one in the same "
        "attempt.  Dashed arrows: start and end told at once."
    ),
    (
        "Any job that is on its way may be cancelled: the stage that has it says so.  Before any "
        "stage a job may be held (SCHEDULED)."
    ),
)


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
        "last one; from any of them but the last it may fail or be cancelled. A running one may "
        "be put off and run again; a failed one may be put off as the next attempt. It never "
        "moves back.",
    )
    _draw_bands(picture, pipeline, states)
    _draw_around(picture, states)
    _draw_moves(picture, pipeline, states)
    _draw_later(picture, pipeline, states)
    for state in states:
        _draw_state(picture, state, kind="state" if state is states[-1] else "topic")
    _draw_ends(picture, pipeline, states)
    return picture.svg()


def mermaid(pipeline: Pipeline) -> str:
    """The same as a Mermaid state diagram."""
    lines = ["stateDiagram-v2", f"  [*] --> {pipeline.queued.name}"]
    before, later, held = pipeline.queued.name, pipeline.retry_scheduled, pipeline.scheduled
    cancelled = pipeline.cancelled
    for stage in pipeline.stages:
        running, done = stage.running.name, stage.done.name
        lines += [
            f"  {before} --> {running}: {stage.name} is at work",
            f"  {running} --> {done}: {stage.name} is done",
            f"  {before} --> {done}: both in one frame",
            f"  {before} --> {pipeline.failed}: {stage.name} cannot read the record",
            f"  {running} --> {pipeline.failed}: {stage.name} gives up",
            f"  {running} --> {later}: {stage.name} met an error that may pass",
            f"  {later} --> {running}: {stage.name} tries again when it is due",
            f"  {before} --> {held}: {stage.name} holds it",
            f"  {held} --> {running}: its time, or the window of {stage.name}, has come",
            f"  {before} --> {cancelled}",
            f"  {running} --> {cancelled}",
        ]
        before = done
    lines += [
        f"  {later} --> {held}: the window has closed",
        f"  {later} --> {cancelled}",
        f"  {held} --> {cancelled}",
        f"  {pipeline.failed} --> {later}: redriven, as the next attempt",
        *(f"  {over} --> [*]" for over in (before, pipeline.failed, cancelled)),
    ]
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
    stopped = {
        pipeline.failed: ("1", "yes", "that gave up, with the dead letter"),
        pipeline.retry_scheduled: ("0", "no", "that tries it again, with the record in its tier"),
        pipeline.scheduled: ("0", "no", "that holds it, with the record in its held topic"),
        pipeline.cancelled: ("1", "yes", "that held the job when somebody cancelled it"),
    }
    for name, (step, terminal, who) in stopped.items():
        lines.append(
            f"| `{name}` | what it had reached | its stage, {step} | {terminal} | the stage {who} |"
        )
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
        words = f"{stage.name} cannot read it"
        for x, told in ((before.box.middle, words), (running.box.x + 11, "given up")):
            picture.arrow("give-up", (x, running.box.bottom), (x, failed_y))
            at = (x + 7, failed_y - 20)
            picture.text(told, at, kind="small muted", anchor="start")


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


def _draw_around(picture: Picture, states: list[_State]) -> None:
    """A line around what is not over: whatever is outside of it is an end."""
    top, bottom = _ON_ITS_WAY
    left, right = states[0].box.x - _AROUND, states[-2].box.right + _AROUND
    picture.box("outside", Box(left, top, right - left, bottom - top), radius=12)
    picture.text("on its way", (left + 12, bottom - 10), kind="small muted", anchor="start")


def _draw_later(picture: Picture, pipeline: Pipeline, states: list[_State]) -> None:
    """Below each running state the one of a job that is tried again, and how it comes there."""
    for running in states[1::2]:
        width, height = _LATER
        box = Box(running.box.right - width, _LATER_Y, width, height)
        there, back = box.middle - 10, box.middle + 10
        picture.arrow("frame", (there, running.box.bottom), (there, box.y))
        picture.arrow("frame", (back, box.y), (back, running.box.bottom))
        picture.arrow("frame", (box.middle, _FAILED_Y), (box.middle, box.bottom))
        y = (running.box.bottom + box.y) / 2 + 7
        picture.text("may pass", (there - 6, y), kind="small muted", anchor="end")
        picture.text("due", (back + 6, y), kind="small muted", anchor="start")
        at = (box.middle + 7, _FAILED_Y - 20)
        picture.text("redriven: next attempt", at, kind="small muted", anchor="start")
        words = f"until it is due  ·  ({running.rank})"
        _draw_stopped(picture, pipeline.retry_scheduled, words, box)


def _draw_ends(picture: Picture, pipeline: Pipeline, states: list[_State]) -> None:
    left, last = states[0].box.x, states[-1].box
    failed = Box(left, _FAILED_Y, states[-2].box.right - left, 40)
    picture.box("bad", failed, radius=10)
    picture.text(pipeline.failed, (failed.middle, failed.y + 25), kind="name ink")
    width, height = _LATER
    box = Box(last.right - width, _LATER_Y, width, height)
    start = states[-2].box.right + _AROUND
    picture.arrow("read", (start, box.centre), (box.x, box.centre))
    _draw_stopped(picture, pipeline.cancelled, "somebody asked", box)
    for number, words in enumerate(_WORDS):
        at = (_MARGIN, _BOTTOM - 34 + 17 * number)
        picture.text(words, at, kind="small muted", anchor="start")


def _draw_stopped(picture: Picture, name: str, words: str, box: Box) -> None:
    picture.box("topic", box, radius=8)
    picture.text(name, (box.middle, box.y + 17), kind="small name ink")
    picture.text(words, (box.middle, box.y + 32), kind="small muted")
