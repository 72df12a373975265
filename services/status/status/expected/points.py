"""A line in a few points, between which the place of any job in it can be read. Pure."""

from collections.abc import Iterator, Sequence
from itertools import accumulate, repeat
from typing import Final, NamedTuple

from status.expected.expectations import rounded
from status.expected.outlook import Outlook, Standing

#: Each place is so many times the one before: what is far off need not be known as well.
_FACTOR: Final = 2
_MOST: Final = 24


class Points(NamedTuple):
    """The jobs that have *status* wait; `points` are since when (ms), how many before, s to end."""

    status: str
    waiting: int
    points: Sequence[tuple[int, int, float | None]]


def points(outlook: Outlook, statuses: Sequence[str], now_ms: int) -> tuple[Points, ...]:
    """The lines of all stages; *statuses* are what jobs in them are called."""
    return tuple(_line(outlook, index, status, now_ms) for index, status in enumerate(statuses))


def _line(outlook: Outlook, index: int, status: str, now_ms: int) -> Points:
    if index >= len(outlook.stages):
        return Points(status, 0, ())
    line = outlook.stages[index].line
    times = dict.fromkeys(line.since(place) for place in _places(line.waiting))
    found = []
    for since in times:
        expected = outlook.of(Standing(index, since), now_ms)
        found.append((since, expected.place or 0, rounded(expected.seconds)))
    return Points(status, line.waiting, tuple(found))


def _places(waiting: int) -> Iterator[int]:
    if not waiting:
        return
    steps = accumulate(repeat(_FACTOR, _MOST), lambda place, factor: place * factor, initial=1)
    yield 0
    yield from (place for place in steps if place < waiting - 1)
    yield waiting - 1
