"""What tests of the scheduler share."""

from collections.abc import Iterator

import pytest
from support.clock import ManualClock
from support.fake_kafka.broker import FakeBroker
from support.scheduling.rig import FakeScheduling


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def scheduling(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeScheduling]:
    """The declared topics, empty, on a broker of the test's own in this process."""
    broker = FakeBroker()
    broker.install(monkeypatch)
    made = FakeScheduling(broker)
    yield made
    made.close()
