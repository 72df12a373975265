"""One line a column: every figure, as numbers to calculate with."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from p2.document.profile import Column, Profile
from p2.workbook.formats import Formats, write_text

_Value = str | float | None


@dataclass(frozen=True, slots=True)
class _Field:
    head: str
    width: int
    look: str
    of: Callable[[Column], _Value]


def _number(key: str) -> Callable[[Column], _Value]:
    def read(column: Column) -> _Value:
        figures = column["numbers"]
        value = figures.get(key) if figures else None
        return value if isinstance(value, (int, float)) else None

    return read


def _first(column: Column) -> _Value:
    return column["dates"]["first"].replace("T", " ") if column["dates"] else None


def _last(column: Column) -> _Value:
    return column["dates"]["last"].replace("T", " ") if column["dates"] else None


def _top(column: Column) -> _Value:
    text, booleans = column["text"], column["booleans"]
    if booleans:
        true_leads = booleans["true"] >= booleans["false"]
        return booleans["true_label"] if true_leads else booleans["false_label"]
    return text["top"][0]["value"] if text and text["top"][0]["count"] > 1 else None


def _top_count(column: Column) -> _Value:
    text, booleans = column["text"], column["booleans"]
    if booleans:
        return max(booleans["true"], booleans["false"])
    return text["top"][0]["count"] if text and text["top"][0]["count"] > 1 else None


def _filled(column: Column) -> _Value:
    return column["values"] / (column["values"] + column["missing"])


_FIELDS: Final = (
    _Field("Column", 30, "text", lambda column: column["name"]),
    _Field("Kind", 10, "text", lambda column: column["kind"]),
    _Field("Values", 10, "whole", lambda column: column["values"]),
    _Field("Missing", 10, "whole", lambda column: column["missing"]),
    _Field("Filled", 9, "percent", _filled),
    _Field("Different", 10, "whole", lambda column: column["distinct"]),
    _Field("Not of the kind", 14, "whole", lambda column: column["unfit"]),
    _Field("Minimum", 13, "number", _number("min")),
    _Field("Lower quartile", 13, "number", _number("q1")),
    _Field("Median", 13, "number", _number("median")),
    _Field("Upper quartile", 13, "number", _number("q3")),
    _Field("Maximum", 13, "number", _number("max")),
    _Field("Mean", 13, "number", _number("mean")),
    _Field("Std deviation", 13, "number", _number("std")),
    _Field("Outliers", 10, "whole", _number("outliers")),
    _Field("First", 19, "text", _first),
    _Field("Last", 19, "text", _last),
    _Field("Most frequent", 30, "text", _top),
    _Field("Times", 10, "whole", _top_count),
)


def fill(sheet: Any, profile: Profile, looks: Formats) -> None:
    for at, field in enumerate(_FIELDS):
        sheet.set_column(at, at, field.width)
        head = looks.head if field.look == "text" else looks.head_right
        write_text(sheet, 0, at, field.head, head)
    for row, column in enumerate(profile["columns"], start=1):
        for at, field in enumerate(_FIELDS):
            _write(sheet, row, at, field.of(column), getattr(looks, field.look))
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, len(profile["columns"]), len(_FIELDS) - 1)


def _write(sheet: Any, row: int, at: int, value: _Value, look: Any) -> None:
    if isinstance(value, str):
        write_text(sheet, row, at, value, look)
    elif value is not None:
        sheet.write_number(row, at, value, look)
