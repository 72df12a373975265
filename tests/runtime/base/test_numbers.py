"""Numbers in text that anybody may have written."""

import pytest

from headway.base.numbers import MOST_LONG, number_of


@pytest.mark.parametrize(
    ("text", "number"), [("0", 0), ("007", 7), (str(MOST_LONG), MOST_LONG), ("42", 42)]
)
def test_digits_are_a_number(text: str, number: int) -> None:
    # Given digits, when they are read, then they are the number that they write
    assert number_of(text) == number


@pytest.mark.parametrize(
    "text",
    [None, "", "-1", "+1", " 1", "1_0", "1.0", "x", "²", "٣", str(MOST_LONG + 1), "9" * 5000],
)
def test_anything_else_is_none(text: str | None) -> None:
    # Given what is none, when it is read, then it is told to be none, and nothing is raised
    assert number_of(text) is None


def test_a_number_above_the_most_that_is_asked_for_is_none() -> None:
    # Given a bound, then the number at it is one, and that above it is none
    assert number_of("127", 127) == 127
    assert number_of("128", 127) is None
