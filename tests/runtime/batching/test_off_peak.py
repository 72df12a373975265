"""What waits for a window is done in batches while it is open: a scheduler, a stage, a night."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from support.fake_kafka.broker import FakeBroker
from support.holding.calendar import OFF_PEAK, WINDOWED
from support.scheduling.rig import FakeScheduling, WallClock
from support.stages.counted import Counted
from support.stages.stage_rig import FakeCluster, InProcessStage, jobs, once

from headway.declared.stage import Batch

_JOBS = 1000
_SIZE = 20
_LANES = 6
#: The night in which Berlin's clocks go forward: from 22:00 to 06:00 it has seven hours.
_EVENING = datetime(2026, 3, 28, 20, 0, tzinfo=UTC)
_OPENING = datetime(2026, 3, 28, 21, 0, tzinfo=UTC)
_CLOSING = datetime(2026, 3, 29, 4, 0, tzinfo=UTC)


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


class _Night:
    """One time of day for the topics, the scheduler and the stage; each is turned by hand."""

    def __init__(self, broker: FakeBroker) -> None:
        self.cluster = FakeCluster(broker)
        self.scheduling = FakeScheduling(broker)
        self.be(_EVENING)
        self.counted = Counted(WINDOWED)
        self.scheduler = self.scheduling.instance()
        self.stage: InProcessStage = self.cluster.stage(
            WINDOWED, batch=Batch(_SIZE, 0.05), wall=WallClock(self.scheduling.clock)
        ).start()

    def be(self, at: datetime) -> None:
        self.scheduling.clock.wall_ms = _ms(at)
        self.cluster.broker.set_time(_ms(at))

    def give(self, job_ids: list[str]) -> None:
        for number, job_id in enumerate(job_ids):
            self.cluster.give(WINDOWED, job_id, tags=OFF_PEAK, partition=number % _LANES)

    def turn_until(self, condition: str, count: int) -> None:
        """Until so many are `held`, or `done`."""
        self.stage.turn_until(lambda: self._turned(condition) >= count, self._told)

    def turn(self, times: int) -> None:
        for _ in range(times):
            self.scheduler.turn()
            self.stage.turn()

    def _turned(self, condition: str) -> float:
        self.scheduler.turn()
        return self.counted("headway_records_total", outcome=condition)

    def _told(self) -> object:
        return Counter(self.cluster.statuses().values())


@pytest.fixture
def night(monkeypatch: pytest.MonkeyPatch) -> Iterator[_Night]:
    broker = FakeBroker()
    broker.install(monkeypatch)
    made = _Night(broker)
    yield made
    made.cluster.close()
    made.scheduling.close()


def test_a_thousand_jobs_wait_for_the_night_and_are_done_in_batches(night: _Night) -> None:
    """None begins before the window opens or after it has closed, and each is done once."""
    # Given a thousand expensive jobs in the evening, all of which wait
    names = jobs(_JOBS)
    night.give(names)
    night.turn_until("held", _JOBS)
    assert night.stage.script.calls == {}

    # When it is a moment before ten, then they wait still
    night.be(_OPENING)
    night.scheduling.clock.wall_ms -= 1
    night.turn(200)
    assert night.stage.script.calls == {}

    # And when it is ten, then all are done, each once and none early
    night.be(_OPENING)
    night.turn_until("done", _JOBS)
    assert night.cluster.outputs(WINDOWED) == once(names)
    running = night.cluster.pipeline.stage(WINDOWED).running.name
    steps = [step for each in night.cluster.states().values() for step in each["timeline"]]
    began = [step["at"] for step in steps if step["status"] == running]
    assert len(began) == _JOBS
    assert min(began) >= _ms(_OPENING)

    # And in batches, most of which were full
    calls = night.stage.together.calls
    assert sorted(job for call in calls for job in call) == sorted(names)
    assert max(map(len, calls)) == _SIZE
    assert len(calls) < 2 * _JOBS / _SIZE

    # When it is six by the clocks that went forward, then what comes waits again
    night.be(_CLOSING)
    night.give(["late"])
    night.turn_until("held", _JOBS + 1)
    assert night.cluster.statuses()["late"] == "SCHEDULED"
    assert night.stage.script.calls["late"] == 0
