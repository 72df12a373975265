"""When crontabs fire, on the nights in which clocks are changed too."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.declared.crontab import Crontab

_BERLIN = "Europe/Berlin"


def _ms(text: str, zone: str = _BERLIN) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()) * 1000


def _fires(crontab: Crontab, after: int, count: int) -> list[str]:
    """The next times, in UTC."""
    found = []
    for _ in range(count):
        after = crontab.after(after)
        found.append(f"{datetime.fromtimestamp(after / 1000, UTC):%m-%d %H:%M}")
    return found


def test_a_time_that_a_night_leaves_out_comes_at_the_first_moment_after() -> None:
    """In Berlin 02:30 does not exist on 29 March 2026: it is 03:00 there, once."""
    # Given what is to be done at 02:30, when it is asked for from the evening before
    found = _fires(Crontab.of("30 2 * * *", _BERLIN), _ms("2026-03-28 20:00"), 2)

    # Then that night has it at 03:00, and the next one as usual
    assert found == ["03-29 01:00", "03-30 00:30"]


def test_a_time_that_a_night_has_twice_comes_once() -> None:
    """In Berlin 02:30 comes twice on 25 October 2026: it is done at the first."""
    # Given what is to be done at 02:30, when it is asked for from the evening before
    found = _fires(Crontab.of("30 2 * * *", _BERLIN), _ms("2026-10-24 20:00"), 2)

    # Then that night has it once
    assert found == ["10-25 00:30", "10-26 01:30"]


def test_what_comes_every_hour_goes_on_as_time_does() -> None:
    """A night of 25 hours has it 25 times, one of 23 hours 23 times."""
    # Given an hourly crontab
    hourly = Crontab.of("0 * * * *", _BERLIN)

    # When the times of both nights are counted
    def count(begin: str, end: str) -> int:
        at, found = _ms(begin) - 1, 0
        while (at := hourly.after(at)) < _ms(end):
            found += 1
        return found

    # Then each has as many as it has hours
    assert count("2026-10-25 00:00", "2026-10-26 00:00") == 25
    assert count("2026-03-29 00:00", "2026-03-30 00:00") == 23


@given(
    at=st.integers(min_value=1_600_000_000_000, max_value=2_000_000_000_000),
    said=st.sampled_from(["*/7 * * * *", "30 2 * * *", "0 0 1 * *", "59 23 * * sun"]),
    zone=st.sampled_from([_BERLIN, "UTC", "America/New_York", "Australia/Lord_Howe"]),
)
def test_the_next_time_is_later_and_nothing_lies_between(at: int, said: str, zone: str) -> None:
    """However it is asked, the times are one row."""
    # Given a crontab, when its next time is asked for
    crontab = Crontab(said, zone)
    found = crontab.after(at)

    # Then it is later, and the next one from any moment before it
    assert found > at
    assert crontab.after((at + found) // 2) == found
    assert crontab.after(found) > found


@pytest.mark.parametrize(
    ("said", "zone", "words"),
    [
        ("99 * * * *", "UTC", "no crontab"),
        ("noon", "UTC", "no crontab"),
        ("0 0 * * *", "Mars/Olympus", "no time zone"),
        ("0 0 31 2 *", "UTC", "no crontab"),
    ],
)
def test_what_never_comes_is_refused(said: str, zone: str, words: str) -> None:
    """At the start, not at night."""
    # Given words that are none, when they are read, then it is told what is wrong
    with pytest.raises(ValueError, match=words):
        Crontab.of(said, zone)
