"""How numeric columns move together."""

import math
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from p1.document.profile import Correlation

#: More make a heat map nobody reads.
_COLUMNS_MAX: Final = 12
#: A coefficient from so many rows is as good as from all; it bounds what is held in memory.
_ROWS_MAX: Final = 500_000
_COLUMNS_MIN: Final = 2


@dataclass(slots=True)
class Correlator:
    """Holds the first numeric columns, every n-th row of a long file, until all are known."""

    _columns: list[int] = field(default_factory=list)
    _series: list[pl.Series] = field(default_factory=list)

    def add(self, index: int, column: pl.Series) -> None:
        if len(self._columns) == _COLUMNS_MAX:
            return
        every = -(-len(column) // _ROWS_MAX)
        thinned = column.gather_every(every) if every > 1 else column
        self._columns.append(index)
        self._series.append(thinned.cast(pl.Float64).alias(str(index)))

    def matrix(self) -> Correlation | None:
        """The coefficients to three decimals; None for fewer than two columns."""
        size = len(self._columns)
        if size < _COLUMNS_MIN:
            return None
        frame = pl.DataFrame(self._series)
        pairs = [(a, b) for a in range(size) for b in range(a + 1, size)]
        coefficients: list[list[float | None]] = [[None] * size for _ in range(size)]
        found = frame.select(
            pl.corr(str(self._columns[a]), str(self._columns[b])).alias(f"{a} {b}")
            for a, b in pairs
        ).row(0)
        for (a, b), coefficient in zip(pairs, found, strict=True):
            coefficients[a][b] = coefficients[b][a] = _rounded(coefficient)
        for a in range(size):
            coefficients[a][a] = 1.0
        return Correlation(self._columns, frame.height, coefficients)


def _rounded(coefficient: float | None) -> float | None:
    if coefficient is None or not math.isfinite(coefficient):
        return None
    # Reckoning may end a little beyond 1; with 0.0 added, -0.0 is a plain zero.
    return round(max(-1.0, min(1.0, coefficient)), 3) + 0.0
