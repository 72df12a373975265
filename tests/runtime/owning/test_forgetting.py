"""A partition that is owned for long: what its jobs were is forgotten as it is read on."""

from collections.abc import Callable

import pytest
from support.clock import ManualClock
from support.fake_kafka.broker import FakeBroker
from support.fake_kafka.record import Record
from support.rooms.instance import TOPIC, Instance

from headway.following.jobindex import JobIndex

_DAY_SECONDS = 24 * 3600


class _Days:
    """An instance that is given records day by day, and does all but those at work."""

    def __init__(self, broker: FakeBroker, one: Instance) -> None:
        self._broker, self._one = broker, one
        self.clock = ManualClock()
        one.index.jobs = JobIndex(30 * _DAY_SECONDS * 1000, lambda: self.clock.wall_ms)
        one.turns()

    def give(self, *job_ids: str) -> list[bool]:
        """Which of them are duplicates."""
        at_ms, before = self.clock.wall_ms, len(self._one.pool.tasks)
        for job_id in job_ids:
            self._broker.append((TOPIC, 0), Record(job_id.encode(), b"value", None, at_ms))
        self._one.turns(3)
        given = self._one.pool.tasks[before:]
        for task in given:
            self._one.flow.free(1, task.size_bytes)
            if task.key != b"at work":
                task.partition.offsets.finish(task.offset)
        return [task.duplicate for task in given]

    def pass_by(self, count: int) -> None:
        for _ in range(count):
            self.clock.advance(_DAY_SECONDS)
            self.give(f"job-{self.clock.wall_ms}")

    def end(self, offset: int) -> None:
        self._one.assignment.owned[TOPIC, 0].offsets.finish(offset)


@pytest.fixture
def days(broker: FakeBroker, instance: Callable[..., Instance]) -> _Days:
    return _Days(broker, instance())


def test_what_is_over_for_longer_than_is_remembered_is_forgotten(days: _Days) -> None:
    """The records that are read tell how much time has passed."""
    # Given a job that is over, and others each day for two months
    days.give("over")
    days.pass_by(60)
    days.give("lately")
    days.pass_by(29)
    # When both come again, then only the one of the last days is a duplicate
    assert days.give("over", "lately") == [False, True]


def test_what_is_at_work_is_remembered_until_it_is_over_for_so_long(days: _Days) -> None:
    """A second submission of it is a duplicate however long it takes."""
    # Given a job that is at work for four months
    days.give("at work")
    days.pass_by(120)
    meanwhile = days.give("at work")
    # When it is over, and comes again after some weeks, and after months
    days.end(0)
    days.end(121)
    days.pass_by(29)
    soon = days.give("at work")
    days.end(151)
    days.pass_by(60)
    # Then only the last one is a new job
    assert (meanwhile, soon, days.give("at work")) == ([True], [True], [False])
