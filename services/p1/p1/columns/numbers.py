"""Key figures of a numeric column, read off its sorted values."""

from collections.abc import Iterator
from typing import Final

import polars as pl

from p1.columns import histogram
from p1.document.profile import Example, Numbers
from p1.reading.table import Values
from p1.reading.tally import LARGEST

_EXAMPLES: Final = 5
#: Tukey's fences: so many interquartile ranges beyond the box.
_FENCE: Final = 1.5
_FEW: Final = 0.05
_WIDTHS: Final = (pl.Int8, pl.Int16, pl.Int32, pl.Int64)


def parse(values: Values, *, whole: bool) -> pl.Series:
    """The column as numbers, one a row, null where a value is missing or no number.

    Whole numbers take the fewest bytes that hold them all: a file of single digits has 50
    million in 100 MB.
    """
    pieces = [_parsed(chunk, whole=whole) for chunk in values.chunks()]
    if whole:
        width = max((_WIDTHS.index(type(piece.dtype)) for piece in pieces), default=0)
        pieces = [piece.cast(_WIDTHS[width]) for piece in pieces]
    return pl.concat(pieces, rechunk=False)


def _parsed(chunk: pl.Series, *, whole: bool) -> pl.Series:
    if whole:
        return chunk.cast(pl.Int64, strict=False).shrink_dtype()
    number = chunk.cast(pl.Float64, strict=False)
    return number.set(~(number.abs() <= LARGEST), None)


def summarize(column: pl.Series, *, whole: bool) -> tuple[Numbers, int]:
    """The key figures of a column with at least one number, and how many differ."""
    present = column.drop_nulls().sort()
    q1, median, q3 = (_quantile(present, share) for share in (0.25, 0.5, 0.75))
    low_fence, high_fence = _fences(present, q1, q3)
    below = int((present < low_fence).sum())
    above = int((present > high_fence).sum())
    figures = Numbers(
        min=present[0],
        max=present[-1],
        mean=_float(present.mean()),
        std=None if len(present) == 1 else _float(present.std()),
        q1=q1,
        median=median,
        q3=q3,
        zeros=int((present == 0).sum()),
        negatives=int((present < 0).sum()),
        fence_low=low_fence,
        fence_high=high_fence,
        whisker_low=present[below],
        whisker_high=present[len(present) - 1 - above],
        outliers=below + above,
        examples=list(_farthest(column, present, below, above)),
        histogram=histogram.build(present, q1=q1, q3=q3, whole=whole),
    )
    return figures, present.n_unique()


def _fences(present: pl.Series, q1: float, q3: float) -> tuple[float, float]:
    """What lies beyond is an outlier.

    Where the middle half is one value every other value lies beyond; they are outliers only
    while they are few.
    """
    others = 0 if q1 < q3 else int((present != q1).sum())
    if others > _FEW * len(present):
        return float(present[0]), float(present[-1])
    return q1 - _FENCE * (q3 - q1), q3 + _FENCE * (q3 - q1)


def _quantile(present: pl.Series, share: float) -> float:
    """Linear between the two nearest values, as spreadsheets do."""
    position = (len(present) - 1) * share
    before = int(position)
    low = float(present[before])
    if position == before:
        return low
    return low + (float(present[before + 1]) - low) * (position - before)


def _farthest(column: pl.Series, present: pl.Series, below: int, above: int) -> Iterator[Example]:
    """The outliers farthest from the middle, farthest first, each with its rows in order."""
    middle = _quantile(present, 0.5)
    lowest = present.head(min(below, _EXAMPLES)).to_list()
    highest = present.tail(min(above, _EXAMPLES)).to_list()
    far = sorted({*lowest, *highest}, key=lambda value: (-abs(value - middle), value))
    left = min(below + above, _EXAMPLES)
    for value in far:
        for row in (column == value).arg_true().head(left):
            yield Example(row + 1, str(value))
            left -= 1
        if not left:
            return


def _float(figure: object) -> float:
    if not isinstance(figure, (int, float)):
        raise TypeError(f"no number: {figure!r}")
    return float(figure)
