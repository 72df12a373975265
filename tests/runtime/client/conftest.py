"""The client as the runtime uses it: on a real broker, and on the one in this process."""

from collections.abc import Iterator

import pytest
from support.fake_kafka.broker import FakeBroker
from support.kafka.clients import Clients


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.broker)])
def clients(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clients]:
    """Each test runs on both: what the fake does is what the real one was seen to do."""
    if request.param == "fake":
        FakeBroker().install(monkeypatch)
        servers = "fake:9092"
    else:
        servers = request.getfixturevalue("broker").bootstrap_servers
    made = Clients({"bootstrap.servers": servers})
    yield made
    made.close()
