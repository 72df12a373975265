"""When a clock on a wall shows a time: once, or on days of summer time never or twice."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_SECOND = timedelta(seconds=1)


def moment_of(wall: datetime, zone: ZoneInfo) -> datetime:
    """When *wall*, without a zone, is shown in *zone*, in UTC.

    What is shown twice is the first of both; what is left out is the first moment after the gap.
    """
    first = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None) == wall:
        return first
    return _after_gap(wall.replace(tzinfo=zone, fold=1).astimezone(UTC), first, zone)


def _after_gap(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The moment of the change, which lies behind *before* and not behind *after*."""
    changed = after.astimezone(zone).utcoffset()
    seconds = int((after - before) / _SECOND)
    low, high = 0, seconds
    while high - low > 1:
        middle = (low + high) // 2
        there = (before + middle * _SECOND).astimezone(zone).utcoffset()
        low, high = (low, middle) if there == changed else (middle, high)
    return before + high * _SECOND
