"""What a column is taken for, and its key figures, checked against figures worked out apart."""

import random
import statistics
from datetime import date, timedelta

import pytest
from support.stages.handling import Handlers


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("integer", ["1", "-2", "+3", "0"]),
        ("number", ["1", "2.5", "-1e3", ".5"]),
        ("boolean", ["true", "False", "TRUE"]),
        ("boolean", ["Yes", "no"]),
        ("boolean", ["y", "N"]),
        ("date", ["2024-02-29", "1999-12-31"]),
        ("date", ["31.12.1999", "01.02.2003"]),
        ("date", ["12/31/1999", "01/02/2003"]),
        ("date", ["31/12/99", "01/02/03"]),
        ("date", ["11-Nov-2007", "1-Jan-2008"]),
        ("datetime", ["2024-02-29T10:30:00", "2024-03-01T00:00:00"]),
        ("datetime", ["2024-02-29 10:30", "2024-03-01 23:59"]),
        ("datetime", ["2024-02-29T10:30:00Z", "2024-02-29T10:30:00.5+02:00"]),
        ("text", ["yes", "true"]),
        ("text", ["2024-02-30", "2024-13-01"]),
        ("text", ["0x1F", "1_000", "inf"]),
        ("text", ["1,234", "5,678"]),
        ("text", ["01234", "56789"]),
        ("text", ["12345678901234567890", "1"]),
        ("empty", ["", "NA", " n/a ", "NULL", "NaN", "None", "-", "?"]),
    ],
)
def test_a_column_is_what_its_values_are(handlers: Handlers, kind: str, values: list[str]) -> None:
    """All values decide, not the first few; what looks like a code stays text."""
    # Given these values, when they are profiled, then the column is of that kind
    assert handlers.column(*values)["kind"] == kind


def test_missing_values_are_counted_by_how_they_are_written(handlers: Handlers) -> None:
    """Empty cells and the usual words for none are missing, whatever their case."""
    # Given two values among five ways to leave a cell empty, when they are profiled
    column = handlers.column("1", "", "NA", "na", "NA", " ", "2")

    # Then both are values, and the rest is counted by its spelling
    assert (column["values"], column["missing"]) == (2, 5)
    assert column["missing_forms"] == [
        {"value": "", "count": 2},
        {"value": "NA", "count": 2},
        {"value": "na", "count": 1},
    ]


@pytest.mark.parametrize("seed", range(12))
def test_key_figures_agree_with_the_statistics_module(handlers: Handlers, seed: int) -> None:
    """Mean, deviation, quartiles and extremes are the textbook's, missing values left out."""
    # Given numbers drawn from a seed, and a gap
    rng = random.Random(seed)
    values = [round(rng.expovariate(0.02), rng.choice([0, 2])) for _ in range(rng.randint(2, 400))]

    # When they are profiled
    column = handlers.column(*values, "NA")

    # Then every figure is what the textbook's formula gives
    numbers = column["numbers"]
    q1, median, q3 = statistics.quantiles(values, n=4, method="inclusive")
    assert numbers["mean"] == pytest.approx(statistics.fmean(values))
    assert numbers["std"] == pytest.approx(statistics.stdev(values))
    assert [numbers["q1"], numbers["median"], numbers["q3"]] == pytest.approx([q1, median, q3])
    assert (numbers["min"], numbers["max"]) == (min(values), max(values))
    assert column["distinct"] == len(set(values))
    low, high = q1 - 1.5 * (q3 - q1), q3 + 1.5 * (q3 - q1)
    inside = [value for value in values if low <= value <= high]
    assert numbers["outliers"] == len(values) - len(inside)
    assert (numbers["whisker_low"], numbers["whisker_high"]) == (min(inside), max(inside))


def test_a_single_number_has_no_deviation(handlers: Handlers) -> None:
    """Figures that do not exist are null, and the picture is one bin."""
    # Given one number, when it is profiled, then only the figures it can have are there
    numbers = handlers.column("7")["numbers"]

    assert numbers["std"] is None
    assert numbers["histogram"] == {"edges": [6.5, 7.5], "counts": [1], "below": 0, "above": 0}


def test_outliers_are_named_farthest_first_with_their_rows(handlers: Handlers) -> None:
    """An example can be found again in the file: row 1 is the first below the header."""
    # Given values between 10 and 13 and three far from them
    values = [10, 11, 12, 13] * 10
    values[4], values[8], values[20] = 100, -50, 100

    # When they are profiled
    numbers = handlers.column(*values)["numbers"]

    # Then the three are named by row, farthest first
    assert numbers["outliers"] == 3
    assert numbers["examples"] == [
        {"row": 5, "value": "100"},
        {"row": 21, "value": "100"},
        {"row": 9, "value": "-50"},
    ]


def test_few_others_beside_one_value_are_outliers(handlers: Handlers) -> None:
    """Where nearly all values are one, the rest stands out; where many differ, nothing does."""
    # Given one value throughout, when a single one or a fifth differs, then only the single is odd
    assert handlers.column(*[3] * 99, 50)["numbers"]["outliers"] == 1
    assert handlers.column(*[3] * 80, *range(20))["numbers"]["outliers"] == 0


def test_numbers_too_large_to_reckon_with_are_no_numbers(handlers: Handlers) -> None:
    """1e300 would make every figure infinite; it is reported instead."""
    # Given small numbers and one too large to be squared, when they are profiled
    column = handlers.column(*range(20), "1e300")

    # Then that one is left out of the figures, and shown
    assert column["kind"] == "integer"
    assert column["unfit_examples"] == [{"row": 21, "value": "1e300"}]


def test_the_odd_values_of_a_numeric_column_are_shown_with_their_rows(handlers: Handlers) -> None:
    """Up to a tenth of the values may fail; they are left out, counted and named."""
    # Given numbers, a gap and two values that are no numbers, when they are profiled
    column = handlers.column(*range(30), "n/k", "", "abc")

    # Then it is a column of numbers, and the two are named by their rows
    assert (column["kind"], column["values"], column["unfit"]) == ("integer", 32, 2)
    assert column["unfit_examples"] == [
        {"row": 31, "value": "n/k"},
        {"row": 33, "value": "abc"},
    ]


def test_text_is_told_by_its_most_frequent_values(handlers: Handlers) -> None:
    """Most frequent first, equal counts in alphabetical order, lengths in characters."""
    # Given words of which two are equally frequent, when they are profiled
    text = handlers.column("b", "a", "b", "ccc", "a", "日本語の")["text"]

    # Then those come in alphabetical order, and lengths count characters
    assert text["top"][:2] == [{"value": "a", "count": 2}, {"value": "b", "count": 2}]
    assert (text["shortest"], text["longest"]) == (1, 4)
    assert (text["shortest_value"], text["longest_value"]) == ("b", "日本語の")
    assert text["mean_length"] == pytest.approx(11 / 6, abs=0.01)


@pytest.mark.parametrize(
    ("days", "unit"),
    [
        (30, "day"),
        (200, "week"),
        (1000, "month"),
        (3000, "quarter"),
        (9000, "year"),
        (90_000, "decade"),
        (900_000, "century"),
    ],
)
def test_dates_are_counted_by_a_fitting_unit(handlers: Handlers, days: int, unit: str) -> None:
    """The span decides the unit; every row is in a bucket and gaps are filled."""
    # Given ten dates over a span of time
    first = date(1100, 1, 1)
    moments = [first + timedelta(days=days * step // 9) for step in range(10)]

    # When they are profiled
    dates = handlers.column(*moments)["dates"]

    # Then the unit makes a readable number of buckets that hold them all
    assert dates["unit"] == unit
    assert sum(bucket["count"] for bucket in dates["buckets"]) == 10
    assert 5 <= len(dates["buckets"]) <= 41
    assert (dates["first"], dates["last"]) == (str(moments[0]), str(moments[-1]))


def test_times_within_a_day_are_counted_by_the_hour(handlers: Handlers) -> None:
    """Moments less than two days apart are shown hour by hour."""
    # Given three times on one morning, when they are profiled
    dates = handlers.column("2024-01-01 08:10", "2024-01-01 08:50", "2024-01-01 10:00")["dates"]

    # Then each hour has its count, an empty one too
    assert dates["unit"] == "hour"
    assert [bucket["count"] for bucket in dates["buckets"]] == [2, 0, 1]


def test_day_and_month_are_told_apart_by_the_whole_column(handlers: Handlers) -> None:
    """One day above 12 settles it for all; without one the user is warned."""
    # Given a column with a day above 12 and one without, when they are profiled
    settled = handlers.column("01/02/2024", "01/13/2024")["dates"]
    open_question = handlers.column("01/02/2024", "03/04/2024")["dates"]

    # Then the first is certain, and the second a guess that is told
    assert (settled["format"], settled["ambiguous"]) == ("mm/dd/yyyy", False)
    assert (open_question["format"], open_question["ambiguous"]) == ("dd/mm/yyyy", True)


def test_correlation_is_pearsons(handlers: Handlers) -> None:
    """Coefficients agree with the statistics module, pairs with a gap left out."""
    # Given a column, one that follows it, one that is its opposite and one that never changes
    rng = random.Random(1)
    pairs = [(x := rng.random(), x * 2 + rng.gauss(0, 0.3)) for _ in range(50)]
    rows = "".join(f"{x},{y},{-x},5\n" for x, y in pairs)

    # When they are profiled, with a row that has a gap
    correlation = handlers.profile("x,y,minus,const\n" + rows + "NA,3,3,5\n")["correlation"]

    # Then the coefficients are the textbook's, and what never changes has none
    expected = statistics.correlation([x for x, _ in pairs], [y for _, y in pairs])
    assert correlation["columns"] == [0, 1, 2]
    assert correlation["coefficients"][0][1] == pytest.approx(expected, abs=0.001)
    assert correlation["coefficients"][0][2] == -1.0
    assert correlation["coefficients"][1][1] == 1.0


def test_duplicate_rows_are_counted(handlers: Handlers) -> None:
    """A row that repeats an earlier one exactly counts once for each repetition."""
    # Given a row that comes three times, when it is profiled, then two are repetitions
    assert handlers.profile("a,b\n1,x\n1,x\n1,y\n1,x\n")["duplicate_rows"] == 2
