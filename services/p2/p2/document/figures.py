"""The key figures of a column, as pairs of a name and a readable value."""

from collections.abc import Iterator

from p2.document import words
from p2.document.profile import Column, Dates, Numbers, Text

Figure = tuple[str, str]


def of(column: Column) -> list[Figure]:
    if column["numbers"]:
        return [*_numbers(column["numbers"]), _distinct(column)]
    if column["dates"]:
        return [*_dates(column["dates"]), _distinct(column)]
    if column["text"]:
        return [_distinct(column), *_text(column["text"])]
    return []


def distinct(column: Column) -> str:
    return ("" if column["distinct_exact"] else "≈ ") + f"{column['distinct']:,}"


def _distinct(column: Column) -> Figure:
    return "Different", distinct(column)


def _numbers(numbers: Numbers) -> Iterator[Figure]:
    yield "Minimum", words.exact(numbers["min"])
    yield "Median", words.number(numbers["median"])
    yield "Maximum", words.exact(numbers["max"])
    yield "Lower quartile", words.number(numbers["q1"])
    yield "Mean", words.number(numbers["mean"])
    yield "Upper quartile", words.number(numbers["q3"])
    if numbers["std"] is not None:
        yield "Std deviation", words.number(numbers["std"])
    if numbers["outliers"]:
        yield "Outliers", f"{numbers['outliers']:,}"
    if numbers["zeros"]:
        yield "Zeros", f"{numbers['zeros']:,}"
    if numbers["negatives"]:
        yield "Negative", f"{numbers['negatives']:,}"


def _dates(dates: Dates) -> Iterator[Figure]:
    yield "First", words.moment(dates["first"])
    yield "Last", words.moment(dates["last"])
    yield "Format", dates["format"]


def _text(text: Text) -> Iterator[Figure]:
    shortest, longest = f"{text['shortest']:,}", f"{text['longest']:,}"
    yield "Characters", shortest if shortest == longest else f"{shortest} to {longest}"
