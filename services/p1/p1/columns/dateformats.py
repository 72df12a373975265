"""The ways dates are written, and which of them a column uses."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import polars as pl

_SAMPLE_VALUES: Final = 500
#: Earlier is a year of two digits read by a format of four: the 99 of 31/12/99.
_YEAR_MIN: Final = 1000
#: The last year that Python's dates know.
_YEAR_MAX: Final = 9999


@dataclass(frozen=True, slots=True)
class DateFormat:
    """`name` as people write it, `pattern` as the parser reads it.

    `twin` names the format that the same digits fit with day and month exchanged.
    """

    name: str
    pattern: str
    has_time: bool = False
    twin: str | None = None

    def parse(self, chunk: pl.Series) -> pl.Series:
        """Dates or, with time, UTC timestamps to the millisecond; null where it does not fit."""
        if self.has_time:
            # One pattern for both ways to part day and time.
            parsed = chunk.str.replace(" ", "T").str.to_datetime(
                self.pattern, strict=False, time_unit="ms"
            )
            parsed = parsed.dt.replace_time_zone(None)
        else:
            parsed = chunk.str.to_date(self.pattern, strict=False)
        year = parsed.dt.year()
        return parsed.set(~year.is_between(_YEAR_MIN, _YEAR_MAX), None)


def _with_time(name: str, pattern: str) -> list[DateFormat]:
    return [
        DateFormat(f"{name} hh:mm:ss", f"{pattern}T%H:%M:%S%.f", has_time=True),
        DateFormat(f"{name} hh:mm", f"{pattern}T%H:%M", has_time=True),
    ]


#: Where two fit equally well the earlier one is taken.
FORMATS: Final = (
    DateFormat("yyyy-mm-dd", "%Y-%m-%d"),
    DateFormat("yyyy/mm/dd", "%Y/%m/%d"),
    DateFormat("dd.mm.yyyy", "%d.%m.%Y"),
    DateFormat("dd/mm/yyyy", "%d/%m/%Y", twin="mm/dd/yyyy"),
    DateFormat("mm/dd/yyyy", "%m/%d/%Y", twin="dd/mm/yyyy"),
    DateFormat("dd-mm-yyyy", "%d-%m-%Y", twin="mm-dd-yyyy"),
    DateFormat("mm-dd-yyyy", "%m-%d-%Y", twin="dd-mm-yyyy"),
    DateFormat("dd/mm/yy", "%d/%m/%y", twin="mm/dd/yy"),
    DateFormat("mm/dd/yy", "%m/%d/%y", twin="dd/mm/yy"),
    DateFormat("dd.mm.yy", "%d.%m.%y"),
    DateFormat("dd-Mon-yyyy", "%d-%b-%Y"),
    DateFormat("dd Mon yyyy", "%d %b %Y"),
    DateFormat("dd Month yyyy", "%d %B %Y"),
    DateFormat("ISO 8601 with zone", "%+", has_time=True),
    *_with_time("yyyy-mm-dd", "%Y-%m-%d"),
    *_with_time("yyyy/mm/dd", "%Y/%m/%d"),
    *_with_time("dd.mm.yyyy", "%d.%m.%Y"),
    *_with_time("dd/mm/yyyy", "%d/%m/%Y"),
    *_with_time("mm/dd/yyyy", "%m/%d/%Y"),
)


def candidates(chunks: Iterable[pl.Series]) -> list[DateFormat]:
    """The formats that fit at least one of the first values."""
    for chunk in chunks:
        sample = chunk.drop_nulls().head(_SAMPLE_VALUES)
        if len(sample):
            return [form for form in FORMATS if form.parse(sample).count()]
    return []
