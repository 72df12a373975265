"""The file's clean values, column by column: small files in memory, large ones in scratch files.

Columnar parts let a column be profiled without the others in memory, which is what keeps a
file's memory bounded by its widest column.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

#: Values of neighbouring columns loaded at once from scratch: some 50 MB of short strings.
_LOADED_VALUES: Final = 2_000_000


@dataclass(frozen=True, slots=True)
class Values:
    """One column's values as strings, null where missing, in chunks in the file's order."""

    index: int
    rows: int
    held: tuple[pl.Series, ...]
    parts: tuple[Path, ...] = ()

    def chunks(self) -> Iterator[pl.Series]:
        """The values, from the start at every call."""
        if self.held:
            yield from self.held
            return
        for part in self.parts:
            yield pl.read_parquet(part, columns=[str(self.index)]).to_series()


class Table:
    """Takes the batches of a file one after another, then gives back its columns."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._parts: list[Path] = []
        self._last: pl.DataFrame | None = None
        self.rows = 0

    def add(self, batch: pl.DataFrame) -> None:
        # The batch before goes to disk only now: a file of a single one never does.
        self._spill()
        self._last = batch
        self.rows += batch.height

    def columns(self) -> Iterator[Values]:
        if self._last is None:
            return
        if not self._parts:
            for index, column in enumerate(self._last.iter_columns()):
                yield Values(index, self.rows, (column,))
            return
        width = self._last.width
        self._spill()
        at_once = max(1, _LOADED_VALUES // self.rows)
        for start in range(0, width, at_once):
            yield from self._loaded(range(start, min(start + at_once, width)))

    def _spill(self) -> None:
        if self._last is None:
            return
        part = self._folder / f"part-{len(self._parts):05d}.parquet"
        # Read again at once and deleted with the job: quick counts for more than small.
        self._last.write_parquet(part, compression="lz4", statistics=False)
        self._parts.append(part)
        self._last = None

    def _loaded(self, indices: range) -> Iterator[Values]:
        # A column too long to be held is read part by part, at every pass anew.
        if len(indices) == 1:
            yield Values(indices[0], self.rows, (), tuple(self._parts))
            return
        names = [str(index) for index in indices]
        frames = [pl.read_parquet(part, columns=names) for part in self._parts]
        for index, name in zip(indices, names, strict=True):
            yield Values(index, self.rows, tuple(frame[name] for frame in frames))
