"""What tests of the library share: declarations, records of both stages, stages over fakes."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from support.clock import ManualClock
from support.fake_kafka.broker import FakeBroker
from support.stages.stage_rig import FakeCluster

from headway.declared.catalog import Catalog
from headway.declared.pipeline import Pipeline
from headway.edges.objectstore import ObjectStore
from headway.outcomes.claims import Claims
from headway.wire.codec import Codec
from headway.wire.records import StageRecords


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def claims() -> Claims:
    """Claims into a store that is empty at first."""
    return Claims("p1", lambda: ObjectStore.open("memory://"))


@pytest.fixture(scope="session")
def codec() -> Codec:
    return Codec()


@pytest.fixture(scope="session")
def pipeline() -> Pipeline:
    return Pipeline.load()


@pytest.fixture(scope="session")
def first(codec: Codec, pipeline: Pipeline) -> StageRecords:
    """The records of the first stage."""
    return StageRecords(codec, pipeline, Catalog.load(), pipeline.stages[0])


@pytest.fixture(scope="session")
def last(codec: Codec, pipeline: Pipeline) -> StageRecords:
    """The records of the last stage of two, as if none had ever been put behind them."""
    end = pipeline.stages[-1].done
    second = replace(pipeline.stages[1], done=end, last=True)
    two = replace(pipeline, stages=(pipeline.stages[0], second))
    return StageRecords(codec, two, Catalog.load(), second)


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCluster]:
    """The declared topics, empty, on a broker of the test's own in this process."""
    broker = FakeBroker()
    broker.install(monkeypatch)
    made = FakeCluster(broker)
    yield made
    made.close()


@pytest.fixture(params=["p1", "p2"])
def name(request: pytest.FixtureRequest) -> str:
    """Each stage: an index of jobs stands behind the first one, the second has none."""
    return str(request.param)
