"""When a stage is told that its window is open, and by whom."""

import pytest
from support.clock import ManualClock
from support.scheduling.desk import Topics, lane_of

from headway.declared.window import Window
from scheduler.lane.order import PAUSE, RESUME, RUN, STOP, Order
from scheduler.rules.window import Opening
from scheduler.working.lane import Lane

_HOUR = 3_600_000
#: 2025-11-24 12:00 UTC, a Monday.
_NOON = 1_763_985_600_000
_WINDOW = Window.of({"open": "22:00-06:00 UTC"})


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(wall_ms=_NOON)


def _lane(clock: ManualClock, topics: Topics, window: Window = _WINDOW) -> Lane:
    items = list(topics.items.values())
    return lane_of([Opening("p2", window)], clock, items=items, standings=topics.standings)


def _told(topics: Topics) -> list[tuple[bool, float | None, float]]:
    """Open, until and next opening, in hours from noon."""
    return [
        (
            told["open"],
            told["until"] and (told["until"] - _NOON) / _HOUR,
            (told["next_at"] - _NOON) / _HOUR,
        )
        for told in topics.windows
    ]


def _order(lane: Lane, kind: str) -> None:
    lane.obey(Order(kind, "window-p2", kind, "ann", 0), 0)


def test_a_window_opens_and_closes_by_the_calendar(clock: ManualClock) -> None:
    """Each record is true until the next."""
    # Given a lane taken over at noon
    topics = Topics()
    lane = _lane(clock, topics)
    topics.commit(lane)

    # When a night goes by
    for hours in (10, 8):
        clock.advance(hours * 3600)
        lane.turn()
        topics.commit(lane)

    # Then it was told closed, open until morning, and closed until the next evening
    assert _told(topics) == [(False, None, 10), (True, 18, 34), (False, None, 34)]


def test_an_opening_that_nobody_was_there_for_is_told_late(clock: ManualClock) -> None:
    """Whoever takes the lane over says what is so now."""
    # Given a lane that was taken over at noon, whose owner is killed
    topics = Topics()
    topics.commit(_lane(clock, topics))

    # When an heir takes it over in the night
    clock.advance(11 * 3600)
    heir = _lane(clock, topics)
    heir.turn()
    topics.commit(heir)

    # Then it is told open
    assert _told(topics)[-1] == (True, 18, 34)


def test_somebody_opens_it_at_noon_until_the_end_of_the_next_span(clock: ManualClock) -> None:
    """Run: what waits begins now."""
    # Given a closed window
    topics = Topics()
    lane = _lane(clock, topics)

    # When somebody has it opened, and then time goes by
    _order(lane, RUN)
    topics.commit(lane)
    assert _told(topics)[-1] == (True, 18, 10)
    assert topics.windows[-1]["by"] == "ann"
    clock.advance(18 * 3600)
    lane.turn()
    topics.commit(lane)

    # Then it closes when it would have closed
    assert _told(topics)[-1] == (False, None, 34)


def test_somebody_closes_it_in_the_night(clock: ManualClock) -> None:
    """Stop: until the next opening."""
    # Given an open window
    clock.advance(12 * 3600)
    topics = Topics()
    lane = _lane(clock, topics)
    assert _told(topics.commit(lane)) == [(True, 18, 34)]

    # When somebody closes it
    _order(lane, STOP)
    topics.commit(lane)

    # Then it opens the next evening
    assert _told(topics)[-1] == (False, None, 34)


def test_while_it_is_paused_nobody_opens_it(clock: ManualClock) -> None:
    """And when it is resumed the calendar is followed from there."""
    # Given a closed window that is paused
    topics = Topics()
    lane = _lane(clock, topics)
    _order(lane, PAUSE)

    # When its hour has come
    clock.advance(11 * 3600)
    lane.turn()
    assert _told(topics.commit(lane)) == [(False, None, 10)]

    # Then it opens once it is resumed
    _order(lane, RESUME)
    lane.turn()
    assert _told(topics.commit(lane))[-1] == (True, 18, 34)


def test_a_window_that_is_declared_otherwise_is_told_anew(clock: ManualClock) -> None:
    """By the first instance of the new release."""
    # Given a lane of the old declaration
    topics = Topics()
    topics.commit(_lane(clock, topics))

    # When one of another takes it over
    topics.commit(_lane(clock, topics, Window.of({"open": "11:00-13:00 UTC"})))

    # Then what it says counts
    assert _told(topics)[-1] == (True, 1, 23)


def test_a_window_that_is_declared_no_more_is_forgotten(clock: ManualClock) -> None:
    """Nobody reads of it any more."""
    # Given a lane with a window
    topics = Topics()
    topics.commit(_lane(clock, topics))

    # When it is taken over without one
    lane = lane_of([], clock, items=list(topics.items.values()), standings=topics.standings)
    topics.commit(lane)

    # Then its record and its rule are gone
    assert topics.windows[-1] == {}
    assert topics.standings == {}
    assert topics.items == {}
