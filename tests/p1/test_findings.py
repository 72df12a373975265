"""What P1 says in words: one rule, one sentence."""

import pytest
from support.stages.handling import Handlers

WORDS = ["red", "green", "blue", "white"]


def rows(*values: object) -> str:
    return "x,y\n" + "".join(f'"{value}",{number % 3}\n' for number, value in enumerate(values))


@pytest.mark.parametrize(
    ("code", "content", "text"),
    [
        (
            "missing",
            rows(*WORDS * 85, "red", "red", "NA", "NA"),
            "2 of 344 values are missing (0.6\u00a0%), written as “NA”.",
        ),
        ("missing", rows("a", "b", ""), "1 of 3 values is missing (33.3\u00a0%)."),
        (
            "missing",
            rows("a", "", "NA"),
            "2 of 3 values are missing (66.7\u00a0%), written as “NA” or nothing at all.",
        ),
        ("empty-column", rows("", "NA"), "No row has a value; the column can go."),
        ("constant", rows(1, 1, 1), "Every value is the same; the column tells nothing apart."),
        (
            "identifier",
            rows(*range(5, 35)),
            "Every value is different: it looks like a running number.",
        ),
        (
            "identifier",
            rows(*(f"u{number}" for number in range(30))),
            "Every value is different: it looks like an identifier.",
        ),
        (
            "mixed-values",
            rows(*range(20), "abc"),
            (
                "1 value is no number, unlike the others: “abc” in row 21. "
                "It is left out of the figures."
            ),
        ),
        (
            "mixed-column",
            rows(1, 2, 3, "abc"),
            (
                "75.0\u00a0% of the values are numbers, the others are not: “abc” in row 4. "
                "The column is treated as text."
            ),
        ),
        (
            "dressed-numbers",
            rows("1,234.50", "$ 3,000", "12 %"),
            (
                "3 values look like numbers with separators or signs, such as 1,234.50 or 12 %. "
                "They are kept as text; write plain numbers to have them counted."
            ),
        ),
        (
            "codes",
            rows("01234", "99999"),
            (
                "The values are digits with leading zeros, or longer than a number can hold, so "
                "they are kept as text: as numbers they would change."
            ),
        ),
        (
            "ambiguous-dates",
            rows("01/02/2024", "03/04/2024"),
            "Day and month cannot be told apart; the dates are read as dd/mm/yyyy.",
        ),
        (
            "case-variants",
            rows("Paris", "paris", "PARIS", "Rome"),
            "Some values differ only in upper and lower case: “PARIS / Paris / paris”.",
        ),
        (
            "padded",
            rows(" a", "b ", "c"),
            "2 values have blanks before or after; they are not counted as part of the value.",
        ),
        ("dominant", rows(*["a"] * 39, "b"), "97.5\u00a0% of the values are “a”."),
        (
            "outliers",
            rows(*[10, 11, 12, 13] * 10, 1234.5),
            (
                "1 value (2.4\u00a0%) lies outside the usual range of 10 to 13; "
                "farthest out: 1,234.5 in row 41."
            ),
        ),
        (
            "outliers",
            rows(*[3] * 39, -7),
            "1 value (2.5\u00a0%) lies off the usual 3; farthest out: \u22127 in row 40.",
        ),
        (
            "duplicate-rows",
            "x,y\n1,2\n1,2\n3,4\n",
            "1 row repeats an earlier row exactly (33.3\u00a0%).",
        ),
    ],
)
def test_a_rule_says_its_sentence(handlers: Handlers, code: str, content: str, text: str) -> None:
    """The sentence holds the numbers, and rows where there are any to look at."""
    # Given a file a rule has something to say of, when it is profiled, then that is the sentence
    assert handlers.findings(content)[code] == text


def test_a_skewed_column_is_told(handlers: Handlers) -> None:
    """A mean far from the median misleads; the finding says which to trust."""
    # Given values that grow by a fifth each, when they are profiled, then the mean is doubted
    text = handlers.findings(rows(*(round(1.2**step, 2) for step in range(60))))["skewed"]

    assert "is well above the median" in text


def test_columns_that_move_together_are_told(handlers: Handlers) -> None:
    """A strong correlation names both columns and the coefficient."""
    # Given a column that is -3 times another
    content = "a,b\n" + "".join(f"{n},{-3 * n}\n" for n in range(30))

    # When they are profiled, then both are named with the direction
    assert handlers.findings(content)["correlated"] == (
        "“a” and “b” move in opposite directions (correlation \u22121.00)."
    )


def test_a_sound_file_has_no_findings(handlers: Handlers) -> None:
    """Nothing is said where there is nothing to say."""
    # Given a file without gaps, repetitions or oddities
    content = "colour,size\n" + "".join(f"{WORDS[n % 4]},{n * 7 % 25}\n" for n in range(24))

    # When it is profiled, then nothing is said of it
    assert handlers.findings(content) == {}


def test_the_gravest_come_first(handlers: Handlers) -> None:
    """Problems, then warnings, then notes, whatever the column."""
    # Given columns that are padded, empty and mixed, in no order of gravity
    content = "a,b,c\n" + "".join(f" x,{n},\n" for n in range(20)) + "x,abc,\n"

    # When they are profiled
    levels = [found["level"] for found in handlers.profile(content)["findings"]]

    # Then the findings are in order, and there is one of every level
    assert levels == sorted(levels, key=["problem", "warning", "note"].index)
    assert {"problem", "warning", "note"} == set(levels)


def test_values_are_quoted_on_one_short_line(handlers: Handlers) -> None:
    """Line breaks, control and direction characters of a value do not reach the sentence."""
    # Given a value with a line break, a turn of direction and more characters than fit
    value = "evil\n\u202evalue " + "z" * 100
    content = rows(*range(20), value)

    # When a finding quotes it
    text = handlers.findings(content)["mixed-values"]

    # Then only its visible beginning is in the sentence
    assert "“evil value zzz" in text
    assert "…” in row 21" in text
    assert "\n" not in text
    assert "\u202e" not in text
