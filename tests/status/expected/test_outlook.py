"""What is to be expected of a job, from what is known of the stages before it."""

import pytest

from headway.declared.window import Window
from status.expected.line import Line
from status.expected.measured.runs import Taken
from status.expected.outlook import NOTHING, Outlook, StageOutlook, Standing

#: Noon in Berlin, on a Tuesday in November.
_NOON_MS = 1_795_518_000_000
_HOUR_MS = 3_600_000
_NIGHT = Window.of({"open": "22:00-06:00 Europe/Berlin", "tag": "off-peak"})


def _line(waiting: int) -> Line:
    return Line(waiting, range(_NOON_MS - waiting, _NOON_MS))


def _stage(waiting: int = 0, *, rate: float | None = None, run: float = 2.0) -> StageOutlook:
    """Busy if a rate is given; each run takes the same."""
    return StageOutlook(line=_line(waiting), busy=rate is not None, rate=rate, runs=Taken((run,)))


def test_who_is_before_a_job_is_before_it_in_the_lines_to_come() -> None:
    """So it waits for the slowest of the stages, not for all of them one after another."""
    # Given a fast stage with a line of 100, and a slow one with one of 50
    outlook = Outlook([_stage(100, rate=10.0), _stage(50, rate=1.0)])

    # When it is asked of the last one in the first line, and of the last in the second
    first = outlook.of(Standing(0, _NOON_MS - 1), _NOON_MS)
    second = outlook.of(Standing(1, _NOON_MS - 1), _NOON_MS)

    # Then both wait for all that the slow stage has to do before them
    assert (first.place, second.place) == (99, 49)
    assert first.seconds == 99 + 50 + 1 + 2
    assert second.seconds == 50 + 2


def test_where_no_line_is_a_job_takes_its_runs_and_the_usual_waits() -> None:
    """However many come a second: the stages keep up."""
    # Given stages that keep up, in which jobs wait for a moment
    stages = [StageOutlook(wait=0.5, rate=5.0, runs=Taken((1.0, 2.0, 9.0))) for _ in range(2)]

    # When it is asked of a new job, then it waits for that moment twice
    assert Outlook(stages).of_next(_NOON_MS).seconds == 5.0


@pytest.mark.parametrize(
    ("elapsed", "told", "left"),
    [
        (0.0, 0.0, 6.0),  # the median
        (4.0, 0.0, 4.0),  # that of those that took longer, less what is over
        (4.0, 0.5, 4.0),  # its own report says the same
        (8.0, 0.8, 2.0),  # as long as others took longer
        (99.0, 0.0, None),  # longer than any did, and it reports nothing
        (99.0, 0.9, 11.0),  # by its own report alone
        (5.0, 0.05, 3.0),  # a report that says too little
    ],
)
def test_a_run_is_measured_against_longer_ones_and_its_own_report(
    elapsed: float, told: float, left: float | None
) -> None:
    """The more it reports, the more that counts."""
    # Given runs that took 2 to 10 s, when it is asked how long one still takes, then it is said
    taken = Taken((2.0, 4.0, 6.0, 8.0, 10.0))
    said = taken.left(elapsed, told)
    assert said == (None if left is None else pytest.approx(left))


def test_in_a_lane_that_differs_its_own_runs_are_told() -> None:
    """Of a new job in it as of one that runs; of a lane that is not known, those of all."""
    # Given stages of which one lane is slow, when it is asked, then only there it takes longer
    slow = {4: Taken((6.0,))}
    outlook = Outlook([StageOutlook(runs=Taken((2.0,)), apart=slow), _stage()])
    standing = Standing(0, _NOON_MS)
    for lane, run in (4, 6), (3, 2), (None, 2):
        assert outlook.of(standing._replace(lane=lane), _NOON_MS).seconds == run + 2
        runs = standing._replace(lane=lane, runs=True)
        assert outlook.of(runs, _NOON_MS + 1000).seconds == run - 1 + 2


@pytest.mark.parametrize(
    "stage",
    [
        StageOutlook(busy=True, rate=None, runs=Taken((1.0,))),
        StageOutlook(busy=True, rate=1.0),
        StageOutlook(rate=1.0, runs=Taken((1.0,)), still=True),
    ],
    ids=["no rate", "no run", "still"],
)
def test_one_stage_that_is_not_known_makes_the_end_unknown(stage: StageOutlook) -> None:
    """But for the jobs that have it behind them."""
    # Given such a stage behind another, and one before another
    later, sooner = Outlook([_stage(), stage]), Outlook([stage, _stage()])

    # When it is asked of new jobs, and of one that has begun with the second
    assert later.of_next(_NOON_MS).seconds is None
    assert sooner.of_next(_NOON_MS).seconds is None
    runs = Standing(1, _NOON_MS, runs=True)

    # Then only what does not need it is known
    assert sooner.of(runs, _NOON_MS).seconds == 2.0


def test_a_job_that_a_closed_window_will_hold_has_no_end() -> None:
    """By its tags, and by the calendar at the moment at which it will come there."""
    # Given a second stage with a window for some jobs, which opens at ten
    late = StageOutlook(runs=Taken((2.0,)), window=_NIGHT)
    outlook = Outlook([_stage(3600, rate=1.0), late])
    evening = _NOON_MS + 9 * _HOUR_MS + _HOUR_MS // 2

    # When it is asked of jobs with its tag and of others, at noon, and half an hour before it opens
    def said(at: int, *tags: str) -> float | None:
        return outlook.of(Standing(0, _NOON_MS, tags=tags), at).seconds

    # Then the end is known of those that come when it is open, or need not wait for that
    assert said(_NOON_MS, "off-peak") is None
    assert said(_NOON_MS, "other") == said(_NOON_MS) == 3601 + 2 + 2
    assert said(evening, "off-peak") == 3601 + 2 + 2


def test_something_is_always_left_of_what_is_not_over() -> None:
    """A run that will end this very moment has not yet."""
    # Given a run that is told to be as good as done, when it is asked, then it is not over
    outlook = Outlook([_stage(run=1.0)])
    left = outlook.of(Standing(0, _NOON_MS - 999, runs=True, told=0.999), _NOON_MS)
    assert left.seconds is not None
    assert left.seconds > 0


def test_nothing_is_said_of_what_stands_nowhere() -> None:
    """Of a job that is over, of any job before the first look, and of a stage that is not known."""
    # Given an outlook and none, when it is asked of such jobs, then nothing is said
    outlook = Outlook([_stage()])
    assert outlook.of(None, _NOON_MS) == NOTHING
    assert outlook.of(Standing(7, _NOON_MS), _NOON_MS) == NOTHING
    assert Outlook().of(Standing(0, _NOON_MS), _NOON_MS) == NOTHING
    assert Outlook().of_next(_NOON_MS) == NOTHING
