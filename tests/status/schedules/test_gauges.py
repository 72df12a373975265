"""What a scrape of status says of the schedules: what is late, and how far runs are."""

from collections.abc import Iterator
from typing import Any

import pytest
from prometheus_client import REGISTRY
from support.clock import ManualClock
from support.status.records import START_MS

from headway.wire.schedules.rule import Rule, Run
from headway.wire.schedules.window import Window
from status.schedules.board import Standing
from status.schedules.gauges import ScheduleGauges
from status.schedules.notice import Notice

_NAMES = (
    "headway_schedule_overdue_seconds",
    "headway_window_overdue_seconds",
    "headway_schedule_run_left",
)
_RULE = Rule(
    rule="nightly",
    kind="reprocess",
    stage="",
    about="",
    paused=False,
    paused_by="",
    next_at=None,
    last_at=None,
    pending=0,
    done=0,
    run=None,
    updated_at=START_MS,
)
_RUN = Run(
    started_at=START_MS,
    run_id="r",
    dry=False,
    by="",
    position=10,
    end=40,
    matched=0,
    sent=0,
    finished_at=None,
)
_WINDOW = Window(stage="p2", open=False, until=None, next_at=None, by="", at=START_MS)


def _lane(**said: Any) -> Rule:
    return _RULE._replace(**said)


def _window(**said: Any) -> Window:
    return _WINDOW._replace(**said)


@pytest.fixture
def gauges() -> Iterator[ScheduleGauges]:
    """Those of a replica ten seconds after the start of all; none of them is left behind."""
    made = ScheduleGauges(notice=Notice(), clock=ManualClock(wall_ms=START_MS + 10_000))
    yield made
    made.notice.put(None)
    made.look()
    assert _told() == {}


def _told() -> dict[tuple[str, str], float]:
    return {
        (sample.name, next(iter(sample.labels.values()))): sample.value
        for family in REGISTRY.collect()
        for sample in family.samples
        if sample.name in _NAMES
    }


def _after(gauges: ScheduleGauges, standing: Standing) -> dict[tuple[str, str], float]:
    gauges.notice.put(standing)
    gauges.look()
    return _told()


def test_a_rule_is_late_by_what_is_due_first_in_any_lane(gauges: ScheduleGauges) -> None:
    """What is to come is not late, and neither is what somebody has paused."""
    # Given rules of which something is due in one lane, to come, paused, and never due
    late = _lane(next_at=START_MS + 7000), _lane(next_at=START_MS + 90_000)
    to_come = (_lane(rule="weekly", next_at=START_MS + 90_000),)
    paused = _lane(rule="again", next_at=START_MS, paused=True), _lane(rule="again", paused=True)
    never = (_lane(rule="empty"),)

    # When the gauges are looked up, then the first alone is late
    told = _after(gauges, Standing((late, to_come, paused, never), ()))
    assert told == {
        ("headway_schedule_overdue_seconds", "nightly"): 3.0,
        ("headway_schedule_overdue_seconds", "weekly"): 0.0,
        ("headway_schedule_overdue_seconds", "again"): 0.0,
        ("headway_schedule_overdue_seconds", "empty"): 0.0,
    }


@pytest.mark.parametrize(
    ("lanes", "late"),
    [
        ([_window(next_at=START_MS)], 10.0),
        ([_window(open=True, next_at=START_MS), _window(next_at=START_MS + 4000)], 6.0),
        ([_window(open=True, until=START_MS + 60_000, next_at=START_MS)], 0.0),
        ([_window(open=True, until=START_MS + 5000, next_at=START_MS + 8000)], 2.0),
        ([_window(next_at=START_MS + 11_000)], 0.0),
        ([_window()], 0.0),
    ],
)
def test_a_window_is_late_from_its_opening_until_every_lane_is_open(
    gauges: ScheduleGauges, lanes: list[Window], late: float
) -> None:
    """One that was told open until a moment that has passed is closed again."""
    # Given what the lanes say of a window, when the gauges are looked up, then it is so late
    told = _after(gauges, Standing((), (tuple(lanes),)))
    assert told == {("headway_window_overdue_seconds", "p2"): late}


def test_a_window_that_somebody_has_paused_is_not_late(gauges: ScheduleGauges) -> None:
    """Nobody is called for what was asked for."""
    # Given a window that should be open, whose calendar is not followed
    rule = (_lane(rule="window-p2", kind="window", stage="p2", paused=True),)

    # When the gauges are looked up, then it is not late
    told = _after(gauges, Standing((rule,), ((_window(next_at=START_MS),),)))
    assert told["headway_window_overdue_seconds", "p2"] == 0.0


def test_a_run_under_way_says_what_it_has_before_it(gauges: ScheduleGauges) -> None:
    """In all lanes; one that is over, counted or paused says nothing."""
    # Given a run that is over in one lane of two, and then in both
    over = _RUN._replace(position=40, finished_at=START_MS + 1)
    under_way = (_lane(run=_RUN), _lane(run=over))

    # When the gauges are looked up, then it has a sample until it is over
    key = ("headway_schedule_run_left", "nightly")
    assert _after(gauges, Standing((under_way,), ()))[key] == 30.0
    assert key not in _after(gauges, Standing(((_lane(run=over), _lane(run=over)),), ()))
    paused = _lane(run=_RUN, paused=True)
    assert key not in _after(gauges, Standing(((paused, paused),), ()))


def test_a_rule_that_is_no_more_has_no_sample(gauges: ScheduleGauges) -> None:
    """It would be late for ever."""
    # Given a rule that was late, when it is taken out, then nothing is said of it
    assert _after(gauges, Standing(((_lane(next_at=START_MS),),), ()))
    assert _after(gauges, Standing((), ())) == {}
