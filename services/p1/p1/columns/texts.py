"""The most frequent values of a text column, and how long its values are."""

from typing import Final

import polars as pl

from p1.columns.sketch import DistinctSketch
from p1.document.profile import Text, ValueCount
from p1.reading.table import Values

_TOP: Final = 10
_VALUE_MAX_CHARACTERS: Final = 200
#: Beyond this many different values the rarest half is forgotten, so memory stays bounded.
_COUNTED_MAX: Final = 200_000
_VARIANTS_SHOWN: Final = 3


class _Counts:
    """How often each value stands; lower bounds once it had to forget rare ones."""

    def __init__(self) -> None:
        self.exact = True
        self._frame: pl.DataFrame | None = None

    def add(self, chunk: pl.Series) -> None:
        counted = chunk.drop_nulls().alias("value").value_counts(name="count")
        if self._frame is None:
            self._frame = counted
        else:
            both = pl.concat([self._frame, counted])
            self._frame = both.group_by("value").agg(pl.col("count").sum())
        if self._frame.height > _COUNTED_MAX:
            self.exact = False
            self._frame = _most_frequent(self._frame, _COUNTED_MAX // 2)

    def top(self) -> list[ValueCount]:
        rows = _most_frequent(self._all(), _TOP).iter_rows()
        return [ValueCount(_cut(value), count) for value, count in rows]

    def distinct(self) -> int:
        return self._all().height

    def case_variants(self) -> list[str]:
        """Values that differ only in upper and lower case, a few groups of them."""
        lower = pl.col("value").str.to_lowercase()
        twins = (
            self._all()
            .group_by(lower.alias("lower"))
            .agg(pl.col("value").sort(), pl.col("count").sum())
            .filter(pl.col("value").list.len() > 1)
            .sort(["count", "lower"], descending=[True, False])
            .head(_VARIANTS_SHOWN)
        )
        return [" / ".join(map(_cut, group)) for group in twins["value"]]

    def _all(self) -> pl.DataFrame:
        if self._frame is None:
            raise ValueError("nothing was counted")
        return self._frame


def summarize(values: Values, *, characters: int, present: int) -> tuple[Text, int, bool]:
    """The column's texts, how many differ, and whether that is exact."""
    counts, sketch, lengths = _Counts(), DistinctSketch(), _Lengths()
    for chunk in values.chunks():
        counts.add(chunk)
        # The sketch is for what the counts cannot tell: of one chunk alone they mostly can.
        if len(values.held) != 1 or not counts.exact:
            sketch.add(chunk)
        lengths.add(chunk)
    text = Text(
        top=counts.top(),
        exact=counts.exact,
        case_variants=counts.case_variants() if counts.exact else [],
        shortest=len(lengths.shortest),
        longest=len(lengths.longest),
        mean_length=round(characters / present, 2),
        shortest_value=_cut(lengths.shortest),
        longest_value=_cut(lengths.longest),
    )
    distinct = counts.distinct() if counts.exact else min(sketch.estimate(), present)
    return text, distinct, counts.exact


class _Lengths:
    def __init__(self) -> None:
        self.shortest = ""
        self.longest = ""

    def add(self, chunk: pl.Series) -> None:
        lengths = chunk.str.len_chars()
        first, last = lengths.arg_min(), lengths.arg_max()
        if first is None or last is None:
            return
        if not self.longest or len(chunk[first]) < len(self.shortest):
            self.shortest = chunk[first]
        if len(chunk[last]) > len(self.longest):
            self.longest = chunk[last]


def _most_frequent(counted: pl.DataFrame, how_many: int) -> pl.DataFrame:
    return counted.sort(["count", "value"], descending=[True, False]).head(how_many)


def _cut(value: str) -> str:
    if len(value) <= _VALUE_MAX_CHARACTERS:
        return value
    return value[: _VALUE_MAX_CHARACTERS - 1] + "…"
