"""Reads the whole file once: checks, cleans, counts, and lays its columns out for profiling."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from p1.reading import tally
from p1.reading.duplicates import DuplicateRows
from p1.reading.rows import Reading
from p1.reading.table import Table
from p1.reading.tally import Tally


@dataclass(frozen=True, slots=True)
class Ingested:
    """A sound file: its shape, its clean values, and what was counted on the way."""

    reading: Reading
    table: Table
    tallies: list[Tally]
    empty_rows: int
    duplicate_rows: int | None


def ingest(reading: Reading, folder: Path) -> Ingested:
    """Read every row.

    Raises:
        PermanentError: the file is no sound CSV.
    """
    table, duplicates, empty_rows = Table(folder), DuplicateRows(), 0
    tallies = [Tally() for _ in reading.header.names]
    for columns in reading.batches:
        # All text, since only the whole column tells what it holds; named by their places, by
        # which the table's parts are read again.
        raw = pl.DataFrame(
            [pl.Series(str(at), column, dtype=pl.String) for at, column in enumerate(columns)]
        )
        cleaned = tally.clean(raw, tallies)
        tally.count(cleaned, tallies)
        duplicates.add(cleaned)
        empty_rows += cleaned.select(pl.all_horizontal(pl.all().is_null()).sum()).item()
        table.add(cleaned)
    return Ingested(reading, table, tallies, empty_rows, duplicates.count())
