"""What is said of jobs whose truth is known, since they are simulated."""

from collections.abc import Iterable
from functools import cache
from random import Random
from statistics import median

import pytest
from support.status.expected.tandem import Said, Stage, Tandem, poisson, run_of

_JOBS = 1000
#: The first look at runs and rates comes first.
_COUNTED = range(_JOBS // 5, _JOBS)
_WARM = 200


@cache
def _steady() -> Tandem:
    """Stages that are busy to seven tenths."""
    return Tandem((Stage(1, 8), Stage(2, 16)), poisson(5.6, _JOBS))


@cache
def _burst() -> Tandem:
    """A thousand jobs within a second, some time after an ordinary few."""
    calm = poisson(4, _WARM)
    return Tandem(
        (Stage(1, 8), Stage(2, 16)),
        [*calm, *(calm[-1] + 5 + number / _JOBS for number in range(_JOBS))],
    )


@cache
def _slowed() -> Tandem:
    """The second stage takes three times as long for a while."""
    slow = Stage(2, 16, slow=lambda at: 3.0 if 50 < at < 100 else 1.0)
    return Tandem((Stage(1, 8), slow), poisson(5.6, _JOBS))


def test_under_steady_load_half_of_what_is_said_is_off_by_less_than_a_sixth() -> None:
    """At half time, where its own run is all, by a quarter; as often too much as too little."""
    # Given a steady load
    tandem = _steady()

    # When it is asked of every job
    first, later = tandem.at_submission(_COUNTED), tandem.at_half_time(_COUNTED)

    # Then what is said is about right
    assert median(map(abs, _off(first))) < 1 / 6
    assert median(map(abs, _off(later))) < 0.27
    assert abs(median(_off(first))) < 0.1
    assert abs(median(_off(later))) < 0.1


def test_of_a_run_nobody_could_say_more_who_knew_how_all_runs_are_spread() -> None:
    """Half of it is off by no more than the best of guesses, made with the end of the story."""
    # Given jobs at half time in their last stage, whose runs are spread as is known
    tandem = _steady()
    asked = tandem.at_half_time(_COUNTED)
    later = [(said.off, said.left, said.ran) for said in asked if said.ran is not None]
    random = Random(11)
    runs = sorted(run_of(tandem.stages[-1], random) for _ in range(1000))

    # When each is guessed as it is off by the least for half of the runs that it may be
    guesses = [(_best([run - ran for run in runs if run > ran]), left) for _, left, ran in later]
    best = median(abs(guess / left - 1) for guess, left in guesses)

    # Then what is said, by runs that were seen, is as good but for chance
    assert median(abs(off) for off, _, _ in later if off is not None) < best + 0.02


def test_in_lanes_of_slower_instances_a_run_is_measured_by_theirs() -> None:
    """Each stage has one instance that takes three times as long as its other one."""
    # Given half of the lanes with a slow instance
    uneven = (1.0, 1.0, 1.0, 3.0, 3.0, 3.0)
    stages = Stage(1, 16, lanes=uneven), Stage(2, 32, lanes=uneven)
    tandem = Tandem(stages, poisson(5.6, _JOBS))

    # When it is asked of every job at half time
    off = _off(tandem.at_half_time(_COUNTED))

    # Then half is about right, and neither is told the middle of both
    assert median(map(abs, off)) < 0.3
    assert abs(median(off)) < 0.1


def test_in_a_burst_half_of_what_is_said_at_half_time_is_off_by_less_than_a_tenth() -> None:
    """By then it was seen how fast the line goes; before it is known of an ordinary day alone."""
    # Given a burst, when it is asked of each of its jobs
    tandem, jobs = _burst(), range(_WARM, _WARM + _JOBS)
    first, later = tandem.at_submission(jobs), tandem.at_half_time(jobs)

    # Then what is said becomes better as the line moves
    assert median(map(abs, _off(first))) < 0.5
    assert median(map(abs, _off(later))) < 0.1


def test_a_stage_that_becomes_slow_is_noticed() -> None:
    """Nobody knows that it will, nor that it will be over; half of the jobs hear what is true."""
    # Given a stage that is slow for a while, when it is asked, then half is about right
    tandem = _slowed()
    for said in tandem.at_submission(_COUNTED), tandem.at_half_time(_COUNTED):
        assert median(map(abs, _off(said))) < 0.25


@pytest.mark.parametrize("make", [_steady, _burst, _slowed])
def test_never_is_nothing_left_while_a_job_still_runs(make: object) -> None:
    """However long it takes: shortly before its end, and long after what others took."""
    # Given jobs, when it is asked of each at its very end
    assert callable(make)
    tandem: Tandem = make()
    ends = ((end - 0.001, job) for job, end in tandem.ends.items())
    said = tandem.asked(ends)

    # Then something is left, or nothing is said
    assert len(said) == len(tandem.arrivals)
    assert all(one.expected.seconds is None or one.expected.seconds > 0 for one in said)
    assert sum(one.expected.seconds is None for one in said) < len(said) / 20


def test_places_in_line_only_fall() -> None:
    """Until a job runs: who comes later is behind it."""
    # Given the last job of a burst, when it is asked again and again
    tandem = _burst()
    last = len(tandem.arrivals) - 1
    first, end = tandem.arrivals[last], tandem.ends[last]
    moments = [(first + 1 + (end - first - 1) * step / 200, last) for step in range(200)]
    places = [one.expected.place for one in tandem.asked(moments)]

    # Then its place falls in both lines, and it has none while it runs
    first_line = places[: places.index(None)]
    assert first_line == sorted((place or 0 for place in first_line), reverse=True)
    assert first_line[0] == pytest.approx(_JOBS, rel=0.02)


def _best(lefts: list[float]) -> float:
    """The guess that is off by the least, as a share of the truth, for half of *lefts* (rising)."""
    half = len(lefts) // 2
    spans = zip(lefts, lefts[half:], strict=False)
    low, high = min(spans, key=lambda span: (span[1] - span[0]) / (span[1] + span[0]))
    return 2 * low * high / (low + high)


def _off(said: Iterable[Said]) -> list[float]:
    return [one.off for one in said if one.off is not None]
