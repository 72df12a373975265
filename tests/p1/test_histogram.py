"""Bins: nothing is lost, edges are round, and far values do not squash the picture."""

import math
import random
from collections.abc import Callable
from itertools import pairwise

import polars as pl
import pytest

from p1.columns import histogram
from p1.document.profile import Histogram

SHAPES: dict[str, Callable[[random.Random], float]] = {
    "normal": lambda rng: rng.gauss(0, 1),
    "tiny": lambda rng: rng.gauss(3e-9, 1e-10),
    "huge": lambda rng: rng.uniform(-1e90, 1e90),
    "skewed": lambda rng: rng.expovariate(0.001),
    "heavy": lambda rng: rng.paretovariate(0.7),
    "whole": lambda rng: rng.randint(-40, 900),
    "few": lambda rng: rng.choice([0, 1, 2]),
    "mostly zero": lambda rng: rng.choice([0.0] * 20 + [rng.random()]),
    "offset": lambda rng: 1e12 + rng.random(),
}


def build(values: list[float]) -> Histogram:
    present = pl.Series(values, dtype=pl.Float64).sort()
    q1, q3 = present.quantile(0.25, "linear"), present.quantile(0.75, "linear")
    assert q1 is not None
    assert q3 is not None
    return histogram.build(present, q1=q1, q3=q3, whole=all(v == int(v) for v in values))


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("size", [1, 2, 7, 100, 5000])
def test_every_value_is_in_one_bin(name: str, size: int) -> None:
    """Counts, with those beyond the ends, add up; edges rise; bins are at most 30."""
    # Given values spread in one of the ways values are
    rng = random.Random(size)
    values = [SHAPES[name](rng) for _ in range(size)]

    # When they are put into bins
    shape = build(values)

    # Then none is lost, and the bins are few and in order
    assert sum(shape.counts) + shape.below + shape.above == size
    assert len(shape.edges) == len(shape.counts) + 1
    assert all(low < high for low, high in pairwise(shape.edges))
    assert 1 <= len(shape.counts) <= 32


@pytest.mark.parametrize("name", ["normal", "whole", "skewed"])
def test_counts_are_those_of_a_plain_count(name: str) -> None:
    """A bin holds what lies from its edge up to the next, the last one its end as well."""
    # Given values, when they are put into bins
    rng = random.Random(3)
    values = [SHAPES[name](rng) for _ in range(1000)]

    shape = build(values)

    # Then counting them one by one between the edges comes to the same
    inside = sorted(values)[shape.below : len(values) - shape.above]
    for at, (low, high) in enumerate(pairwise(shape.edges)):
        last = at == len(shape.counts) - 1
        expected = sum(low <= value < high or (last and value == high) for value in inside)
        assert shape.counts[at] == expected


def test_whole_numbers_of_a_short_range_have_a_bin_each() -> None:
    """Grades 1 to 6 make six bars, each around its number."""
    # Given grades, one of which nobody got, when they are put into bins
    shape = build([1, 2, 2, 3, 5, 6])

    # Then each has its own, the missing one an empty one
    assert shape.edges == [0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5]
    assert shape.counts == [1, 2, 1, 0, 1, 1]


def test_edges_are_round() -> None:
    """Steps are 1, 2, 2.5 or 5 times a power of ten."""
    # Given measurements, when they are put into bins
    rng = random.Random(1)
    shape = build([rng.gauss(40, 5) for _ in range(300)])

    # Then the step from edge to edge is one people count in
    step = shape.edges[1] - shape.edges[0]
    leading = step / 10 ** math.floor(math.log10(step) + 1e-9)
    assert round(leading, 6) in {1, 2, 2.5, 5}


def test_far_values_are_counted_beside_the_bins() -> None:
    """One value a thousand times larger does not turn the rest into a single bar."""
    # Given measurements and two far from all others, when they are put into bins
    rng = random.Random(1)
    shape = build([rng.gauss(40, 5) for _ in range(300)] + [50_000, -9_000])

    # Then the two are counted apart, and the rest has its form
    assert (shape.below, shape.above) == (1, 1)
    assert sum(count > 0 for count in shape.counts) >= 8
