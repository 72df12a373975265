"""Any row of kills, faults, hangs and jumps of the clock, by a few seeds."""

from collections import Counter

import pytest
from support.scheduling.rig import FakeScheduling
from support.scheduling.weather import Weather


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_happens_each_job_is_commanded_once(scheduling: FakeScheduling, seed: int) -> None:
    """What was not committed is done by somebody, and what was by nobody again."""
    # Given two instances, and a row of whatever may happen to them
    weather = Weather(scheduling, seed)
    weather.steps(60)

    # When it is over and the time of all jobs has come
    scheduling.clock.advance(100)

    def commanded() -> Counter[str]:
        return Counter(command["job_id"] for command in scheduling.commands())

    scheduling.turn_until(lambda: len(commanded()) == weather.jobs, commanded)
    for _ in range(20):
        for each in weather.alive:
            each.turn()

    # Then each has its one command
    assert set(commanded().values()) == {1}
