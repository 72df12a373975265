"""Windows: when they are open, by the clocks of their place, and on the days these are changed."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from headway.declared.window import Window

_HOUR_MS = 3_600_000
_BERLIN = ZoneInfo("Europe/Berlin")
_NIGHT = {"open": "22:00-06:00 Europe/Berlin"}
#: The same examples at every run, and nothing kept between them.
_property = settings(max_examples=300, deadline=None, derandomize=True, database=None)

_times = some.builds(
    lambda at, length: f"{at // 60:02}:{at % 60:02}-{_wall(at + length)}",
    some.integers(0, 1439),
    some.integers(1, 1439),
)
#: One without summer time, some with an hour of it on either half of the earth, one with half an
#: hour, one that has left out a whole day.
_zones = some.sampled_from(
    ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"]
)
_days = some.sampled_from(["", "mon", "mon-fri", "sat,sun", "fri-mon", "wed,sun"])
_windows = some.builds(
    lambda times, zone, days: Window.of({"open": f"{times} {zone}", "days": days}),
    _times,
    _zones,
    _days,
)
_moments = some.integers(_at := 1_262_304_000_000, _at + 20 * 365 * 24 * _HOUR_MS)


def _wall(minutes: int) -> str:
    return f"{minutes // 60 % 24:02}:{minutes % 60:02}"


def _ms(zone: ZoneInfo, *when: int) -> int:
    return int(datetime(*when, tzinfo=zone).timestamp() * 1000)  # type: ignore[misc, arg-type]


@_property
@given(window=_windows, at=_moments)
def test_a_window_is_open_from_its_opening_to_its_closing(window: Window, at: int) -> None:
    """Closed before, open at the opening, open until just before the closing, closed then."""
    # Given any window at any moment, when its next opening and the closing of that are asked for
    opening = window.next_opening(at)
    closing = window.closing(opening)

    # Then it is open just between them
    assert at < opening < closing
    assert [window.is_open(t) for t in (opening - 1, opening, closing - 1, closing)] == [
        False,
        True,
        True,
        False,
    ]


@_property
@given(window=_windows, at=_moments, part=some.floats(0, 1))
def test_a_closed_window_stays_closed_until_its_next_opening(
    window: Window, at: int, part: float
) -> None:
    """No opening lies between: whoever waits for the next one misses none."""
    # Given a moment at which it is closed, after its closing if it is open now
    at = window.closing(at) if window.is_open(at) else at
    opening = window.next_opening(at)

    # When any moment before its next opening is looked at
    between = at + int((opening - 1 - at) * part)

    # Then it is closed, and its next opening is the same
    assert not window.is_open(between)
    assert window.next_opening(between) == opening


@_property
@given(window=_windows, at=_moments)
def test_it_opens_when_the_wall_shows_it_on_a_day_that_is_declared(window: Window, at: int) -> None:
    """The clock of the place shows the hour that was declared, or has just been put forward."""
    # Given an opening
    opening = window.next_opening(at)

    # When the clock on the wall is looked at
    wall = datetime.fromtimestamp(opening / 1000, window.zone)

    # Then it shows that hour of that day, unless there was none
    before = datetime.fromtimestamp((opening - 1) / 1000, window.zone)
    if wall.utcoffset() == before.utcoffset():
        assert timedelta(hours=wall.hour, minutes=wall.minute) == window.opens
        assert wall.weekday() in window.days


@pytest.mark.parametrize(
    ("evening", "hours"),
    [((2026, 3, 28), 7), ((2026, 3, 29), 8), ((2026, 10, 24), 9), ((2026, 10, 25), 8)],
)
def test_a_night_is_an_hour_shorter_or_longer_when_clocks_change(
    evening: tuple[int, int, int], hours: int
) -> None:
    """22:00 to 06:00 in Berlin: 7 hours into summer time, 9 out of it, 8 otherwise."""
    # Given
    window, opening = Window.of(_NIGHT), _ms(_BERLIN, *evening, 22)

    # When, then
    assert window.next_opening(opening - 1) == opening
    assert window.closing(opening) - opening == hours * _HOUR_MS


@pytest.mark.parametrize(
    ("said", "before", "opening"),
    [
        # 02:30 is not shown in that night: the first moment after is 03:00 of summer time.
        ("02:30-05:00", (2026, 3, 29), (2026, 3, 29, 1, 0)),
        # 02:30 is shown twice in that night: first by summer time.
        ("02:30-05:00", (2026, 10, 25), (2026, 10, 25, 0, 30)),
    ],
)
def test_an_opening_that_is_left_out_or_comes_twice_is_one(
    said: str, before: tuple[int, int, int], opening: tuple[int, int, int, int, int]
) -> None:
    """The first moment after the gap; of both the first."""
    # Given
    window = Window.of({"open": f"{said} Europe/Berlin"})

    # When
    found = window.next_opening(_ms(_BERLIN, *before))

    # Then
    assert datetime.fromtimestamp(found / 1000, UTC) == datetime(*opening, tzinfo=UTC)


def test_a_window_that_lies_in_the_hour_that_is_left_out_does_not_open() -> None:
    """It has no length in that night; the next one is meant."""
    # Given
    window = Window.of({"open": "02:10-02:50 Europe/Berlin"})

    # When, then
    assert window.next_opening(_ms(_BERLIN, 2026, 3, 29)) == _ms(_BERLIN, 2026, 3, 30, 2, 10)


def test_days_are_those_on_which_it_opens() -> None:
    """Of mon-fri the night of Friday ends on Saturday, and none begins before Monday."""
    # Given
    window = Window.of({**_NIGHT, "days": "mon-fri"})
    friday = _ms(_BERLIN, 2026, 11, 27, 22)

    # When, then
    assert window.closing(friday) == _ms(_BERLIN, 2026, 11, 28, 6)
    assert window.next_opening(friday) == _ms(_BERLIN, 2026, 11, 30, 22)


def test_whole_days_that_touch_are_one_span() -> None:
    """A weekend closes once, at its end."""
    # Given
    window = Window.of({"open": "00:00-24:00 UTC", "days": "sat,sun"})
    saturday = _ms(ZoneInfo("UTC"), 2026, 11, 28)

    # When, then
    assert window.closing(saturday + 30 * _HOUR_MS) == saturday + 48 * _HOUR_MS
    assert window.next_opening(saturday) == saturday + 7 * 24 * _HOUR_MS


def test_only_jobs_with_its_tag_wait_for_a_window_that_has_one() -> None:
    """Without a tag all of them do."""
    # Given
    tagged, plain = Window.of({**_NIGHT, "tag": "off-peak"}), Window.of(_NIGHT)

    # When, then
    assert tagged.holds(("big", "off-peak"))
    assert not tagged.holds(("big",))
    assert plain.holds(())


@pytest.mark.parametrize(
    ("declared", "told"),
    [
        ({"open": "22-06 Europe/Berlin"}, "such as 22:00-06:00 Europe/Berlin"),
        ({"open": "22:00-06:00"}, "such as 22:00-06:00 Europe/Berlin"),
        ({"open": "22:00-06:00 Europe/Bonn"}, "'Europe/Bonn' is no time zone"),
        ({"open": "22:00-06:00 ../etc"}, "is no time zone"),
        ({"open": "22:60-06:00 UTC"}, "22:60 is no time of a day"),
        ({"open": "22:00-25:00 UTC"}, "25:00 is no time of a day"),
        ({"open": "06:00-06:00 UTC"}, "has no length"),
        ({"open": "00:00-24:00 UTC"}, "would never close"),
        ({**_NIGHT, "days": "mon-xyz"}, "'mon-xyz' is none of the form mon-fri"),
        ({**_NIGHT, "tag": "off peak"}, "'off peak' is none"),
        ({**_NIGHT, "zone": "UTC"}, "zone is declared; there are open, days and tag"),
        ({"days": "mon"}, "nothing is declared"),
    ],
)
def test_what_is_no_window_is_told_by_its_name(declared: dict[str, Any], told: str) -> None:
    """The message says which value, and what it should look like."""
    # Given, when, then
    with pytest.raises(ValueError, match=told):
        Window.of(declared)
