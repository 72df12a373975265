"""Rows that repeat an earlier row, counted by a 64-bit hash of each row.

Two different rows share a hash with a chance below one in a million for five million rows.
"""

from typing import Final

import polars as pl

#: 40 MB of hashes.
_ROWS_MAX: Final = 5_000_000


class DuplicateRows:
    def __init__(self) -> None:
        self._hashes: list[pl.Series] = []
        self._rows = 0

    def add(self, batch: pl.DataFrame) -> None:
        self._rows += batch.height
        if self._rows > _ROWS_MAX:
            self._hashes.clear()
        else:
            self._hashes.append(batch.hash_rows(seed=0))

    def count(self) -> int | None:
        """None for a file with too many rows to hold a hash of each."""
        if self._rows > _ROWS_MAX:
            return None
        hashes = pl.concat(self._hashes, rechunk=True)
        return len(hashes) - hashes.n_unique()
