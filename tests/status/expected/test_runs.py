"""How long runs take, in all lanes and in those that differ from the others."""

import pytest

from status.expected.measured.runs import Run, Runs


def _told(runs: Runs, times: dict[int, float], rounds: int) -> None:
    """So many runs in each lane, each as long as its lane's take."""
    for _ in range(rounds):
        for lane, seconds in times.items():
            runs.add(Run(seconds, lane))
        runs.look()


def test_a_lane_is_apart_that_takes_longer_or_less_than_the_others() -> None:
    """Once enough was seen of it; the runs of all are told as they were."""
    # Given lanes of which one is quick and one is slow
    runs, times = Runs(), {0: 0.5, 1: 1.0, 2: 1.1, 3: 4.0}
    _told(runs, times, 10)
    assert runs.apart() == {}

    # When more is seen of them
    _told(runs, times, 60)

    # Then these two are told apart, each by about what it takes
    apart = {lane: taken.median for lane, taken in runs.apart().items()}
    assert apart == pytest.approx({0: 0.5, 3: 4.0}, rel=0.1)
    assert runs.taken().median == 1.1


def test_lanes_that_become_slower_together_are_not_apart() -> None:
    """It is the stage that is slower."""
    # Given lanes that are alike, when all take three times as long, then none is apart at any time
    runs = Runs()
    _told(runs, dict.fromkeys(range(6), 1.0), 40)
    for _ in range(60):
        _told(runs, dict.fromkeys(range(6), 3.0), 1)
        assert runs.apart() == {}
    assert runs.taken().median == 3.0


def test_a_lane_whose_instance_is_replaced_is_one_of_the_others_again() -> None:
    """What it was is forgotten after some runs."""
    # Given a slow lane, when it has become as quick as the others, then it is not apart
    runs = Runs()
    _told(runs, {0: 1.0, 1: 1.0, 2: 4.0}, 60)
    assert 2 in runs.apart()
    _told(runs, {0: 1.0, 1: 1.0, 2: 1.0}, 60)
    assert runs.apart() == {}


def test_runs_of_no_lane_count_among_all() -> None:
    """And what took no time at all divides by nothing."""
    # Given runs of no known lane and one of no length, when they are told, then they are told
    runs = Runs()
    runs.add(Run(0.0, 1))
    runs.add(Run(2.0))
    runs.add(Run(0.0, 1))
    runs.look()
    assert (runs.taken().seconds, runs.apart()) == ((0.0, 0.0, 2.0), {})
