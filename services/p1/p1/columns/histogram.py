"""Bins a person can read: round edges, 8 to 30 of them, not squashed by far outliers."""

import math
from itertools import pairwise
from typing import Final

import polars as pl

from p1.document.profile import Histogram

_BINS_MIN: Final = 8
_BINS_MAX: Final = 30
_ROUND_STEPS: Final = (1.0, 2.0, 2.5, 5.0)
#: Values farther than this many interquartile ranges from the box are left out of the bins,
#: once they would take more than two thirds of the picture.
_FAR: Final = 5.0
_SQUASHED: Final = 3.0


def build(present: pl.Series, *, q1: float, q3: float, whole: bool) -> Histogram:
    """Bin the sorted values of a column without nulls; `whole` numbers get whole edges."""
    low, high = _shown_range(float(present[0]), float(present[-1]), q1, q3)
    first = _position(present, low, "left")
    end = _position(present, high, "right")
    edges = _edges(
        float(present[first]),
        float(present[end - 1]),
        _bins(end - first, high - low, q3 - q1),
        whole=whole,
    )
    positions = [
        first,
        *(max(first, _position(present, edge, "left")) for edge in edges[1:-1]),
        end,
    ]
    counts = [after - before for before, after in pairwise(positions)]
    return Histogram(edges, counts, below=first, above=len(present) - end)


def _shown_range(low: float, high: float, q1: float, q3: float) -> tuple[float, float]:
    spread = q3 - q1
    near_low, near_high = max(low, q1 - _FAR * spread), min(high, q3 + _FAR * spread)
    if spread > 0 and high - low > _SQUASHED * (near_high - near_low):
        return near_low, near_high
    return low, high


def _bins(values: int, span: float, spread: float) -> int:
    """Freedman and Diaconis' rule; Sturges' where the middle half is a single value."""
    if spread > 0:
        wanted = math.ceil(span / (2 * spread / math.cbrt(values)))
    else:
        wanted = math.ceil(math.log2(values)) + 1
    return max(_BINS_MIN, min(_BINS_MAX, wanted))


def _edges(low: float, high: float, bins: int, *, whole: bool) -> list[float]:
    if low == high:
        # Half a unit to either side; more where floats are too coarse for halves.
        around = max(0.5, abs(low) * 1e-6)
        return [low - around, low + around]
    step = _step((high - low) / bins, whole=whole, span=high - low)
    if whole and step == 1:
        return [low - 0.5 + number for number in range(int(high - low) + 2)]
    start = math.floor(low / step)
    end = max(start + 1, math.ceil(high / step))
    edges = {_tidy(number * step) for number in range(start, end + 1)}
    # Steps finer than floats are at this size fall together.
    return sorted(edges) if len(edges) > 1 else [low, high]


def _step(wanted: float, *, whole: bool, span: float) -> float:
    """The round step nearest to the wanted one that keeps the bins within bounds."""
    exponent = math.floor(math.log10(wanted))
    steps = [_tidy(s * 10.0**e) for e in range(exponent - 1, exponent + 2) for s in _ROUND_STEPS]
    if whole:
        steps = [step for step in steps if step == int(step) and step >= 1] or [1.0]
    # Edges are moved out to round ones, which may add a bin at either end.
    bounded = [step for step in steps if _BINS_MIN <= span / step <= _BINS_MAX - 2] or steps
    return min(bounded, key=lambda step: abs(math.log(step / wanted)))


def _tidy(edge: float) -> float:
    """Without the last digits that binary fractions leave: 0.3, not 0.30000000000000004."""
    return float(f"{edge:.15g}")


def _position(present: pl.Series, value: float, side: str) -> int:
    """How many of the sorted values are below `value`, or up to it for side `right`."""
    low, high = 0, len(present)
    while low < high:
        middle = (low + high) // 2
        found = present[middle]
        if found < value or (side == "right" and found == value):
            low = middle + 1
        else:
            high = middle
    return low
