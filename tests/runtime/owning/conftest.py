"""What tests of owning share: instances on a broker, and what pauses their partitions."""

from collections.abc import Callable, Iterator

import pytest
from support.clock import ManualClock
from support.fake_kafka.broker import FakeBroker
from support.rooms.flowing import A, B, Client
from support.rooms.instance import TOPIC, Instance

from headway.owning.flow import Flow


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> FakeBroker:
    made = FakeBroker()
    made.install(monkeypatch)
    made.create(TOPIC, partitions=3)
    return made


@pytest.fixture
def instance(broker: FakeBroker) -> Callable[..., Instance]:
    return lambda declared=3: Instance(broker, declared=declared)


@pytest.fixture
def client() -> Client:
    return Client()


@pytest.fixture
def flow(client: Client, clock: ManualClock) -> Iterator[Flow]:
    made = Flow(client, "p1", records=8, size_bytes=800, clock=clock)
    yield made
    made.gone([A, B])
    made.apply()
