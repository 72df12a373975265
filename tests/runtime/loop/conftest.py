"""Stages turned by hand in this process, over the fakes of the client."""

from collections.abc import Iterator

import pytest
from support.fake_kafka.broker import FakeBroker
from support.stages.stage_rig import FakeCluster


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCluster]:
    """The declared topics, empty, on a broker of the test's own."""
    broker = FakeBroker()
    broker.install(monkeypatch)
    made = FakeCluster(broker)
    yield made
    made.close()


@pytest.fixture(params=["p1", "p2"])
def name(request: pytest.FixtureRequest) -> str:
    """Each stage: an index of jobs stands behind the first one, the second has none."""
    return str(request.param)
