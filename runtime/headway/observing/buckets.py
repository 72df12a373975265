"""Buckets that times are counted in wherever sums of several instances are made of them.

Fixed: a histogram is summed by adding up what is in equal buckets. Each is wider than the one
before by the square root of two, so a quantile is found to within a fifth of itself, from a
millisecond to three hours, in 48 numbers that are mostly zero.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Final

#: Upper bounds in ms; beyond the last is one bucket more.
BOUNDS_MS: Final = tuple(round(2 ** (step / 2)) for step in range(1, 48))
COUNT: Final = len(BOUNDS_MS) + 1


def counted(times: Iterable[int], into: list[int]) -> None:
    """Count each of *times* (ms) in its bucket of *into*."""
    for ms, count in Counter(times).items():  # many of a frame took as long
        into[bisect_left(BOUNDS_MS, ms)] += count


def quantile_ms(counts: Sequence[int], share: float) -> float | None:
    """The time that *share* of those counted did not exceed, in ms; None if there are none.

    Within a bucket they are taken to lie evenly; beyond the last bound it is that bound.
    """
    total = sum(counts)
    if not total:
        return None
    wanted = share * total
    for bucket, below_or_in in enumerate(accumulate(counts)):
        if below_or_in >= wanted and counts[bucket]:
            return _within(bucket, 1 - (below_or_in - wanted) / counts[bucket])
    return float(BOUNDS_MS[-1])


def _within(bucket: int, part: float) -> float:
    if bucket >= len(BOUNDS_MS):
        return float(BOUNDS_MS[-1])
    lower = BOUNDS_MS[bucket - 1] if bucket else 0
    return lower + (BOUNDS_MS[bucket] - lower) * part
