"""What can be counted batch by batch while the file is read: the evidence for a column's kind.

Missing values and the blanks around values are settled here once; everything after sees clean
values, null where one is missing.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import polars as pl

#: How people write "no value", in lower case; blanks around it do not matter.
MISSING: Final = ("", "na", "n/a", "#n/a", "null", "nan", "none", "-", "--", "?")
#: Beyond this no key figure stays finite; such a value counts as no number.
LARGEST: Final = 1e100
_FLAGS: Final = ("true", "false", "yes", "no", "y", "n", "t", "f")
#: Digits that are names, not amounts: leading zeros, or more than a 64-bit number holds.
_CODE: Final = r"^[+-]?0\d+$|^[+-]?\d{19,}$"
_DATE_LIKE: Final = r"^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([T ]|$)|^\d{1,2}[- ][A-Za-z]{3,9}[- ]\d{4}$"
_DRESSED: Final = r"^[-+]?[$€£¥]?\s?\d{1,3}([,.' ]?\d{3})*([.,]\d+)?\s?[%€$£]?$"


@dataclass(slots=True)
class Tally:
    """Counts over the values of one column; what each is, `_expressions` says."""

    values: int = 0
    missing: int = 0
    padded: int = 0
    integers: int = 0
    numbers: int = 0
    flags: int = 0
    codes: int = 0
    date_like: int = 0
    dressed: int = 0
    characters: int = 0
    missing_forms: Counter[str] = field(default_factory=Counter)


def clean(raw: pl.DataFrame, tallies: Sequence[Tally]) -> pl.DataFrame:
    """The batch without blanks around values and with null for missing ones; counts both."""
    stripped = raw.select(pl.all().str.strip_chars())
    cleaned = stripped.select(pl.when(~pl.all().str.to_lowercase().is_in(MISSING)).then(pl.all()))
    is_padded = not raw.equals(stripped)
    for tally, column in zip(tallies, cleaned.iter_columns(), strict=True):
        missing = column.null_count()
        tally.missing += missing
        tally.values += len(column) - missing
        if missing:
            _count_forms(stripped[column.name].filter(column.is_null()), tally)
        if is_padded:
            # Null where the value is missing, so blanks alone do not count.
            tally.padded += int((raw[column.name] != column).sum())
    return cleaned


def _count_forms(written: pl.Series, tally: Tally) -> None:
    for form, count in written.value_counts().iter_rows():
        tally.missing_forms[form] += count


def count(cleaned: pl.DataFrame, tallies: Sequence[Tally]) -> None:
    """Add the batch's evidence to the tallies."""
    names = cleaned.columns
    expressions = [
        expression.alias(f"{name} {field}")
        for name in names
        for field, expression in _expressions(pl.col(name)).items()
    ]
    counted = iter(cleaned.select(expressions).row(0))
    for tally in tallies:
        for attribute in _ATTRIBUTES:
            setattr(tally, attribute, getattr(tally, attribute) + (next(counted) or 0))


def _expressions(value: pl.Expr) -> dict[str, pl.Expr]:
    number = value.cast(pl.Float64, strict=False)
    return {
        "integers": value.cast(pl.Int64, strict=False).count(),
        "numbers": (number.abs() <= LARGEST).sum(),
        "flags": value.str.to_lowercase().is_in(_FLAGS).sum(),
        "codes": value.str.contains(_CODE).sum(),
        "date_like": value.str.contains(_DATE_LIKE).sum(),
        "dressed": (value.str.contains(_DRESSED) & number.is_null()).sum(),
        "characters": value.str.len_chars().sum(),
    }


_ATTRIBUTES: Final = tuple(_expressions(pl.col("")))
