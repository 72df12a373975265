"""Profiles one column: decides its kind and calls what summarizes that kind."""

from dataclasses import replace
from typing import Final

import polars as pl

from p1.columns import booleans, dates, numbers, texts
from p1.columns.correlation import Correlator
from p1.columns.kinds import SHARE, Guess, guess
from p1.document.profile import Column, Example, ValueCount
from p1.reading.table import Values
from p1.reading.tally import Tally

_EXAMPLES: Final = 3


def profile(name: str, values: Values, tally: Tally, correlator: Correlator) -> Column:
    """The column's profile; a numeric one also goes to the correlator."""
    column = _blank(name, values, tally)
    match guess(tally):
        case Guess.EMPTY:
            return column
        case Guess.INTEGERS | Guess.NUMBERS as found:
            return _numeric(column, values, correlator, whole=found is Guess.INTEGERS)
        case Guess.FLAGS:
            return _boolean(column, values) or _text(column, values, tally)
        case Guess.DATES:
            return _dated(column, values) or _text(column, values, tally)
        case Guess.TEXT:
            return _text(column, values, tally)


def _blank(name: str, values: Values, tally: Tally) -> Column:
    forms = sorted(tally.missing_forms.items(), key=lambda item: (-item[1], item[0]))
    return Column(
        index=values.index,
        name=name,
        kind="empty",
        values=tally.values,
        missing=tally.missing,
        missing_forms=[ValueCount(form, count) for form, count in forms],
        distinct=0,
        distinct_exact=True,
        padded=tally.padded,
        unfit=0,
        unfit_examples=[],
        numbers=None,
        text=None,
        dates=None,
        booleans=None,
    )


def _numeric(column: Column, values: Values, correlator: Correlator, *, whole: bool) -> Column:
    parsed = numbers.parse(values, whole=whole)
    figures, distinct = numbers.summarize(parsed, whole=whole)
    # What never changes moves with nothing.
    if distinct > 1:
        correlator.add(column.index, parsed)
    unfit = column.values - parsed.count()
    return replace(
        column,
        kind="integer" if whole else "number",
        distinct=distinct,
        unfit=unfit,
        unfit_examples=_unfit(values, parsed) if unfit else [],
        numbers=figures,
    )


def _boolean(column: Column, values: Values) -> Column | None:
    counts = booleans.summarize(values)
    if counts is None:
        return None
    distinct = (counts.true > 0) + (counts.false > 0)
    return replace(column, kind="boolean", distinct=distinct, booleans=counts)


def _dated(column: Column, values: Values) -> Column | None:
    found = dates.parse(values)
    if found is None or found[1].count() < SHARE * column.values:
        return None
    form, parsed, ambiguous = found
    unfit = column.values - parsed.count()
    return replace(
        column,
        kind="datetime" if form.has_time else "date",
        distinct=parsed.drop_nulls().n_unique(),
        unfit=unfit,
        unfit_examples=_unfit(values, parsed) if unfit else [],
        dates=dates.summarize(parsed, form, ambiguous=ambiguous),
    )


def _text(column: Column, values: Values, tally: Tally) -> Column:
    text, distinct, exact = texts.summarize(
        values, characters=tally.characters, present=tally.values
    )
    examples: list[Example] = []
    # Mostly numbers, yet not enough of them: shown is what stands in the way.
    if tally.numbers > tally.values / 2 and tally.codes == 0:
        examples = _unfit(values, numbers.parse(values, whole=False))
    return replace(
        column,
        kind="text",
        distinct=distinct,
        distinct_exact=exact,
        unfit_examples=examples,
        text=text,
    )


def _unfit(values: Values, parsed: pl.Series) -> list[Example]:
    """The first values that are there but do not parse, with their rows."""
    examples: list[Example] = []
    before = 0
    for chunk in values.chunks():
        unparsed = parsed.slice(before, len(chunk)).is_null() & chunk.is_not_null()
        rows = unparsed.arg_true().head(_EXAMPLES - len(examples))
        examples += [Example(before + row + 1, chunk[row][:200]) for row in rows]
        before += len(chunk)
        if len(examples) == _EXAMPLES:
            break
    return examples
