"""Upright bars over an axis: what a histogram and a timeline have in common.

Geometry only; how it looks is the template's business. Every chart is drawn in a box 360 wide,
about the width of a card, so that letters keep their size from a phone to a desk.
"""

from dataclasses import dataclass
from typing import Final

from p2.document import words
from p2.page.scale import Scale, ticks

WIDTH: Final = 360
LEFT: Final = 34.0
RIGHT: Final = 354.0
TOP: Final = 16.0
BASE: Final = 116.0
_GAP: Final = 1.4
_COUNT_TICKS: Final = 3


@dataclass(frozen=True, slots=True)
class Bar:
    """A filled rectangle and what it says when pointed at."""

    x: float
    y: float
    width: float
    height: float
    says: str = ""


@dataclass(frozen=True, slots=True)
class Label:
    """Text on an axis; `anchor` as SVG has it."""

    at: float
    text: str
    anchor: str = "middle"


@dataclass(frozen=True, slots=True)
class Box:
    """Box and whiskers; `dots` are outliers with what they say."""

    whisker_low: float
    q1: float
    median: float
    q3: float
    whisker_high: float
    dots: list[tuple[float, str]]
    says: str


@dataclass(frozen=True, slots=True)
class BarChart:
    """Bars over an axis, with a box plot below when there is one.

    `below` and `above` count values that lie beyond the ends of the axis.
    """

    bars: list[Bar]
    counts: list[Label]
    axis: list[Label]
    says: str
    box: Box | None = None
    below: int = 0
    above: int = 0


def bar(left: float, right: float, rows: int, up: Scale, says: str) -> Bar:
    # Bars narrower than that would be mostly gap.
    gap = _GAP if right - left > 3 * _GAP else 0.2
    # A single row among thousands still shows.
    top = min(up.at(rows), BASE - 1) if rows else BASE
    return Bar(
        x=round(left + gap / 2, 1),
        y=round(top, 1),
        width=round(right - left - gap, 1),
        height=round(BASE - top, 1),
        says=says,
    )


def upward(highest: int) -> Scale:
    return Scale(0, highest, BASE, TOP)


def count_labels(highest: int, up: Scale) -> list[Label]:
    rows = [tick for tick in ticks(0, highest, _COUNT_TICKS, whole=True) if tick]
    return [Label(up.at(tick), words.short(tick), "end") for tick in rows]
