"""What the tests of pure modules share: the real declarations, and the records of both stages."""

import pytest
from support.clock import ManualClock

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
    """The records of the last stage."""
    return StageRecords(codec, pipeline, Catalog.load(), pipeline.stages[-1])
