"""Names of files, numbers as they are shown, and the round values of an axis."""

import random

import pytest

from p2 import filenames
from p2.document import words
from p2.page.scale import Scale, ticks


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("penguins.csv", "penguins-report.html"),
        ("My Sales (2024).CSV", "My-Sales-2024-report.html"),
        ("größe.tsv", "größe-report.html"),
        ("C:\\data\\plan.txt", "plan-report.html"),
        ("../../etc/passwd", "passwd-report.html"),
        ("a.b.csv", "a.b-report.html"),
        ("<script>.csv", "script-report.html"),
        ('x"\r\nSet-Cookie: a=b', "x-Set-Cookie-a-b-report.html"),
        ("...", "data-report.html"),
        ("", "data-report.html"),
        (".csv", "data-report.html"),
        ("x" * 500, "x" * 80 + "-report.html"),
    ],
)
def test_files_are_named_after_the_users_file(title: str, name: str) -> None:
    """A name holds letters, digits, dots and dashes, whatever the title held."""
    # Given a title, when a file is named after it, then nothing that could do harm is left
    assert filenames.report(title, "html") == name


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"),
        (1234567, "1,234,567"),
        (-3, "\u22123"),
        (39.225, "39.225"),
        (63.151162790697676, "63.151"),
        (1234567.89, "1,234,568"),
        (0.000123456, "0.00012346"),
        (1e20, "1e+20"),
    ],
)
def test_computed_figures_have_five_digits(value: float, shown: str) -> None:
    """Enough to read, not more than a figure is worth."""
    # Given a figure, when it is shown, then it has five digits, or all before the point
    assert words.number(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, "0"), (2500, "2,500"), (12_500, "12.5k"), (3e6, "3M"), (-2e9, "\u22122B"), (0.25, "0.25")],
)
def test_axes_shorten_large_numbers(value: float, shown: str) -> None:
    """An axis has little room."""
    # Given a value on an axis, when it is shown, then from 10,000 on its thousands are a letter
    assert words.short(value) == shown


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [
        (0, 9, "0.0"),
        (9, 9, "100"),
        (1, 100_000, "< 0.1"),
        (99_999, 100_000, "99.9"),
        (1, 3, "33.3"),
    ],
)
def test_percentages_never_round_to_none_or_all(part: int, whole: int, shown: str) -> None:
    """Some is never 0.0 and not quite all is never 100."""
    # Given a part of a whole, when its share is shown, then it is 0 or 100 only if it is just that
    assert words.percent(part, whole) == f"{shown}\u00a0%"


@pytest.mark.parametrize(
    ("size_bytes", "shown"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (12_345, "12 kB"),
        (999_400, "999 kB"),
        (999_500, "1.0 MB"),
        (104_857_600, "105 MB"),
        (2_500_000_000, "2.5 GB"),
    ],
)
def test_sizes_are_those_of_the_page(size_bytes: int, shown: str) -> None:
    """The report and the page tell of the same file: decimal units in both."""
    # Given a size, when it is shown, then it is in the unit that leaves the fewest digits
    assert words.size(size_bytes) == shown


@pytest.mark.parametrize("seed", range(50))
def test_ticks_are_round_few_and_inside(seed: int) -> None:
    """Whatever the range, an axis names a handful of values within it, evenly spaced."""
    # Given a range drawn from a seed
    rng = random.Random(seed)
    low = rng.uniform(-1, 1) * 10 ** rng.randint(-6, 9)
    high = low + rng.random() * 10 ** rng.randint(-5, 9) + abs(low) * 1e-6

    # When an axis over it is divided
    found = ticks(low, high, 5)

    # Then it has a few values, all within it
    margin = (high - low) * 1e-6
    assert 1 <= len(found) <= 6
    assert all(low - margin <= tick <= high + margin for tick in found)


def test_a_scale_keeps_to_the_drawing() -> None:
    """Values beyond the ends are drawn at the ends; a range of nothing in the middle."""
    # Given a scale, when values within and beyond it are placed
    scale = Scale(0, 10, 100, 200)

    # Then all are in the drawing
    assert [scale.at(value) for value in (-5, 0, 5, 10, 99)] == [100, 100, 150, 200, 200]

    # Given a range of nothing, when its value is placed, then it is in the middle
    assert Scale(3, 3, 0, 10).at(3) == 5


@pytest.mark.parametrize(
    ("unit", "shown"),
    [
        ("day", "5 Nov 2007"),
        ("week", "5 Nov 2007"),
        ("month", "Nov 2007"),
        ("quarter", "Q4 2007"),
        ("year", "2007"),
        ("decade", "2007s"),
    ],
)
def test_spans_of_time_have_names(unit: str, shown: str) -> None:
    """A bucket is named as people name it."""
    # Given a bucket of dates, when it is shown, then it has the name of its span
    assert words.bucket("2007-11-05", unit) == shown  # type: ignore[arg-type] # one of Unit
