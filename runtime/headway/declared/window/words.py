"""The words of a declared window: `22:00-06:00 Europe/Berlin`, `mon-fri`, and what is none."""

import re
from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

_OPEN: Final = re.compile(r"(\d\d):(\d\d) ?- ?(\d\d):(\d\d) +(\S+)")
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TAG: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_MOST_MINUTE, _WHOLE_DAY = 59, timedelta(hours=24)


def hours_of(said: str) -> tuple[timedelta, timedelta, ZoneInfo]:
    """When it opens and closes, counted from midnight of the day on which it opens.

    Raises:
        ValueError: *said* is none of that form; what is wrong with it.
    """
    match = _OPEN.fullmatch(str(said).strip())
    if match is None:
        raise ValueError(f"open: {said!r} is no window such as 22:00-06:00 Europe/Berlin")
    begin, end = _time(match[1], match[2]), _time(match[3], match[4])
    if begin in {end, _WHOLE_DAY}:
        raise ValueError(f"open: {said!r} has no length; 00:00-24:00 is a whole day")
    return begin, end if end > begin else end + _WHOLE_DAY, _zone(match[5])


def days_of(said: str) -> frozenset[int]:
    """`mon-fri,sun` as numbers of days of the week, Monday is 0; empty: each of them.

    Raises:
        ValueError: there is no such day.
    """
    if not str(said).strip():
        return frozenset(range(len(_DAYS)))
    spans = [span.strip().partition("-") for span in str(said).lower().split(",")]
    found: set[int] = set()
    for first, _, last in spans:
        begin, end = _day(first, said), _day(last or first, said)
        found.update(n % len(_DAYS) for n in range(begin, end + (begin > end) * len(_DAYS) + 1))
    return frozenset(found)


def tag_of(said: str | None) -> str | None:
    """The tag of the jobs that wait; None: all of them do.

    Raises:
        ValueError: no job can have it.
    """
    if said is not None and _TAG.fullmatch(str(said)) is None:
        raise ValueError(f"tag: {said!r} is none: at most 64 letters, digits and . _ : -")
    return said if said is None else str(said)


def _time(hours: str, minutes: str) -> timedelta:
    told = timedelta(hours=int(hours), minutes=int(minutes))
    if int(minutes) > _MOST_MINUTE or told > _WHOLE_DAY:
        raise ValueError(f"open: {hours}:{minutes} is no time of a day")
    return told


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (LookupError, OSError, ValueError) as error:
        raise ValueError(f"open: {name!r} is no time zone such as Europe/Berlin or UTC") from error


def _day(name: str, said: str) -> int:
    if name.strip() not in _DAYS:
        raise ValueError(f"days: {said!r} is none of the form mon-fri or sat,sun")
    return _DAYS.index(name.strip())
