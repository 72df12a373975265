"""A prefix of its own on the broker, and options to reach it."""

import uuid

import pytest

from headway.edges import kafka
from localkafka import RunningBroker


@pytest.fixture(scope="session")
def options(broker: RunningBroker) -> kafka.Options:
    return {"bootstrap.servers": broker.bootstrap_servers}


@pytest.fixture
def prefix() -> str:
    return f"t{uuid.uuid4().hex[:8]}."
