"""Range of a date column and how its rows spread over time."""

from datetime import date, datetime, timedelta
from typing import Final

import polars as pl

from p1.columns import dateformats
from p1.columns.dateformats import DateFormat
from p1.document.profile import Bucket, Dates, Unit
from p1.reading.table import Values

#: As many buckets as a chart takes; the finest unit that needs no more is used.
_BUCKETS_MAX: Final = 40
#: How many hours each has, on average.
_HOURS: Final = {"hour": 1.0, "day": 24.0, "week": 168.0, "month": 730.5, "quarter": 2191.5}
_YEARS: Final = {"year": 1, "decade": 10, "century": 100}
_EVERY: Final = {"hour": "1h", "day": "1d", "week": "1w", "month": "1mo", "quarter": "1q"}


def parse(values: Values) -> tuple[DateFormat, pl.Series, bool] | None:
    """The format that fits most values, the column in it, and whether its twin fits as well.

    None when no known format fits any of the first values.
    """
    possible = dateformats.candidates(values.chunks())
    # One alone need not be counted: that is a pass over the column.
    fitting = {form.name: _count(values, form) for form in possible} if len(possible) > 1 else {}
    if not possible:
        return None
    best = max(possible, key=lambda form: fitting.get(form.name, 0))
    ambiguous = best.twin is not None and fitting.get(best.twin) == fitting.get(best.name)
    column = pl.concat([best.parse(chunk) for chunk in values.chunks()], rechunk=True)
    return best, column, ambiguous


def _count(values: Values, form: DateFormat) -> int:
    return sum(form.parse(chunk).count() for chunk in values.chunks())


def summarize(column: pl.Series, form: DateFormat, *, ambiguous: bool) -> Dates:
    """The spread of a column with at least one date."""
    present = column.drop_nulls()
    first, last = _moment(present.min()), _moment(present.max())
    unit = _unit(first, last, with_time=form.has_time)
    counted = dict(_truncated(present, unit).value_counts().iter_rows())
    starts = _starts(min(counted), max(counted), unit)
    return Dates(
        first=_shown(first, with_time=form.has_time),
        last=_shown(last, with_time=form.has_time),
        format=form.name,
        ambiguous=ambiguous,
        unit=unit,
        buckets=[Bucket(start.isoformat(), counted.get(start, 0)) for start in starts],
    )


def _moment(value: object) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001 - as the file has it
    raise TypeError(f"no date: {value!r}")


def _shown(moment: datetime, *, with_time: bool) -> str:
    return moment.isoformat(timespec="seconds") if with_time else moment.date().isoformat()


def _unit(first: datetime, last: datetime, *, with_time: bool) -> Unit:
    hours = (last - first) / timedelta(hours=1)
    units: tuple[Unit, ...] = ("hour", "day", "week", "month", "quarter")
    for unit in units if with_time else units[1:]:
        if hours / _HOURS[unit] < _BUCKETS_MAX:
            return unit
    years = last.year - first.year
    if years < _BUCKETS_MAX:
        return "year"
    return "decade" if years < _BUCKETS_MAX * _YEARS["decade"] else "century"


def _truncated(present: pl.Series, unit: Unit) -> pl.Series:
    """Each date's bucket by its start."""
    if unit in _YEARS:
        year = present.dt.year() // _YEARS[unit] * _YEARS[unit]
        return year.to_frame("year").select(pl.date(pl.col("year"), 1, 1)).to_series()
    start = present.dt.truncate(_EVERY[unit])
    return start if unit == "hour" else start.cast(pl.Date)


def _starts(first: date, last: date, unit: Unit) -> list[date]:
    """Every bucket from the first to the last, also those without rows."""
    if unit in _YEARS:
        return [date(year, 1, 1) for year in range(first.year, last.year + 1, _YEARS[unit])]
    if unit == "hour":
        return pl.datetime_range(first, last, "1h", time_unit="ms", eager=True).to_list()
    return pl.date_range(first, last, _EVERY[unit], eager=True).to_list()
