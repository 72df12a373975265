"""What a person should know about a column, each rule one function, each finding one sentence."""

from collections.abc import Callable, Iterator
from typing import Final

from p1.document import words
from p1.document.profile import Column, Finding, Level, Numbers
from p1.reading.tally import Tally

_MOSTLY: Final = 0.5
_MANY_MISSING: Final = 0.2
_DOMINANT: Final = 0.95
#: In fewer rows a pattern may be chance.
_ROWS_FOR_PATTERNS: Final = 20
#: An exponential distribution has 0.31.
_SKEW: Final = 0.3

_Said = tuple[Level, str, str]
_Rule = Callable[[Column, Tally], _Said | None]


def of_column(column: Column, tally: Tally) -> Iterator[Finding]:
    """What the rules have to say, in their order."""
    for rule in _RULES:
        if said := rule(column, tally):
            level, code, text = said
            yield Finding(level, code, column.index, text)


def _empty(column: Column, _: Tally) -> _Said | None:
    if column.values:
        return None
    return "warning", "empty-column", "No row has a value; the column can go."


def _missing(column: Column, _: Tally) -> _Said | None:
    if not column.missing or not column.values:
        return None
    rows = column.values + column.missing
    share = column.missing / rows
    level: Level = "warning" if share >= _MANY_MISSING else "note"
    text = (
        f"{column.missing:,} of {words.count(rows, 'value')} "
        f"{words.verb(column.missing, 'is', 'are')} missing "
        f"({words.percent(column.missing, rows)}){_forms(column)}."
    )
    return level, "missing", text


def _forms(column: Column) -> str:
    written = [form for form in column.missing_forms if form.value]
    if not written:
        return ""
    shown = [words.quoted(form.value) for form in written[:3]]
    if len(written) < len(column.missing_forms):
        shown.append("nothing at all")
    return ", written as " + " or ".join(shown)


def _unfit(column: Column, _: Tally) -> _Said | None:
    if not column.unfit:
        return None
    kind = "dates" if column.dates else "numbers"
    text = (
        f"{words.count(column.unfit, 'value')} {words.verb(column.unfit, 'is', 'are')} no "
        f"{kind if column.unfit > 1 else kind[:-1]}, unlike the others: {_examples(column)}. "
        f"{words.verb(column.unfit, 'It is', 'They are')} left out of the figures."
    )
    return "problem", "mixed-values", text


def _mixed(column: Column, tally: Tally) -> _Said | None:
    if column.kind != "text" or not column.unfit_examples:
        return None
    text = (
        f"{words.percent(tally.numbers, column.values)} of the values are numbers, the others "
        f"are not: {_examples(column)}. The column is treated as text."
    )
    return "problem", "mixed-column", text


def _examples(column: Column) -> str:
    return ", ".join(
        f"{words.quoted(example.value)} in row {example.row:,}" for example in column.unfit_examples
    )


def _dressed(column: Column, tally: Tally) -> _Said | None:
    if column.kind != "text" or tally.dressed < _MOSTLY * column.values or tally.codes:
        return None
    text = (
        f"{words.count(tally.dressed, 'value')} look like numbers with separators or signs, "
        "such as 1,234.50 or 12 %. They are kept as text; write plain numbers to have them counted."
    )
    return "warning", "dressed-numbers", text


def _codes(column: Column, tally: Tally) -> _Said | None:
    if column.kind != "text" or not tally.codes or tally.numbers < _MOSTLY * column.values:
        return None
    text = (
        "The values are digits with leading zeros, or longer than a number can hold, so they "
        "are kept as text: as numbers they would change."
    )
    return "note", "codes", text


def _ambiguous(column: Column, _: Tally) -> _Said | None:
    if not column.dates or not column.dates.ambiguous:
        return None
    return (
        "warning",
        "ambiguous-dates",
        f"Day and month cannot be told apart; the dates are read as {column.dates.format}.",
    )


def _constant(column: Column, _: Tally) -> _Said | None:
    if column.distinct != 1 or column.values < _few_rows(column) or column.unfit:
        return None
    return "note", "constant", "Every value is the same; the column tells nothing apart."


def _few_rows(column: Column) -> int:
    # A lone row shows nothing constant; a lone value among gaps does.
    return 1 if column.missing else 2


def _identifier(column: Column, _: Tally) -> _Said | None:
    rows = column.values + column.missing
    whole = column.kind in {"integer", "text"} and rows >= _ROWS_FOR_PATTERNS
    if not whole or column.distinct != rows or not column.distinct_exact:
        return None
    numbers = column.numbers
    # Numbers that all differ may be measurements; without a gap they were counted up.
    if numbers and numbers.max - numbers.min != rows - 1:
        return None
    what = "a running number" if numbers else "an identifier"
    return "note", "identifier", f"Every value is different: it looks like {what}."


def _dominant(column: Column, _: Tally) -> _Said | None:
    if not column.text or column.distinct == 1 or column.values < _ROWS_FOR_PATTERNS:
        return None
    top = column.text.top[0]
    if top.count < _DOMINANT * column.values:
        return None
    share = words.percent(top.count, column.values)
    return "note", "dominant", f"{share} of the values are {words.quoted(top.value)}."


def _outliers(column: Column, _: Tally) -> _Said | None:
    numbers = column.numbers
    if not numbers or not numbers.outliers or column.values < _ROWS_FOR_PATTERNS:
        return None
    farthest = ", ".join(
        f"{words.number(float(example.value))} in row {example.row:,}"
        for example in numbers.examples[:3]
    )
    text = (
        f"{words.count(numbers.outliers, 'value')} "
        f"({words.percent(numbers.outliers, column.values)}) "
        f"{words.verb(numbers.outliers, 'lies', 'lie')} {_usual(numbers)}; "
        f"farthest out: {farthest}."
    )
    return "note", "outliers", text


def _usual(numbers: Numbers) -> str:
    low, high = words.number(numbers.whisker_low), words.number(numbers.whisker_high)
    return f"off the usual {low}" if low == high else f"outside the usual range of {low} to {high}"


def _skewed(column: Column, _: Tally) -> _Said | None:
    numbers = column.numbers
    if not numbers or not numbers.std or column.distinct < _ROWS_FOR_PATTERNS:
        return None
    lean = (numbers.mean - numbers.median) / numbers.std
    if abs(lean) < _SKEW:
        return None
    side, end = ("above", "high") if lean > 0 else ("below", "low")
    text = (
        f"The mean ({words.number(numbers.mean, 5)}) is well {side} the median "
        f"({words.number(numbers.median, 5)}): a few {end} values pull it. "
        "The median says more about a typical row."
    )
    return "note", "skewed", text


def _padded(column: Column, _: Tally) -> _Said | None:
    if not column.padded:
        return None
    text = (
        f"{words.count(column.padded, 'value')} {words.verb(column.padded, 'has', 'have')} "
        "blanks before or after; they are not counted as part of the value."
    )
    return "note", "padded", text


def _case(column: Column, _: Tally) -> _Said | None:
    if not column.text or not column.text.case_variants:
        return None
    shown = ", ".join(words.quoted(group) for group in column.text.case_variants)
    return "warning", "case-variants", f"Some values differ only in upper and lower case: {shown}."


#: Findings of one level keep this order.
_RULES: Final[tuple[_Rule, ...]] = (
    _empty,
    _unfit,
    _mixed,
    _dressed,
    _ambiguous,
    _missing,
    _case,
    _codes,
    _constant,
    _identifier,
    _dominant,
    _outliers,
    _skewed,
    _padded,
)
