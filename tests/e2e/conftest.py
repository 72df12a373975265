"""A namespace of its own for every test, and the services as real processes."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from support.chromium import chromium
from support.kafka.cluster import Cluster
from support.processes import LATER_TRIES, Service

from localkafka import RunningBroker

#: Starts `python -m <module>`; keyword arguments are settings.
Starter = Callable[..., Service]


@pytest.fixture
def cluster(broker: RunningBroker) -> Cluster:
    return Cluster(broker.bootstrap_servers)


@pytest.fixture
def start(cluster: Cluster, tmp_path: Path) -> Iterator[Starter]:
    """Start services that share one object store and one data folder of the test."""
    started: list[Service] = []
    shared = {
        "object_store_url": f"file://{tmp_path}/objects",
        "session_timeout_ms": 3000,
        "transaction_timeout_ms": 3000,
        **LATER_TRIES,
    }

    def start(module: str, instance: str = "a", **settings: object) -> Service:
        name = module.replace(" ", "-").replace("support.", "")
        own = {"data_dir": tmp_path / f"{name}-{instance}"} if module == "status" else {}
        environment = cluster.environment(**{**shared, **own, "instance_id": instance, **settings})
        service = Service(module, environment=environment, log=tmp_path / f"{name}-{instance}.log")
        started.append(service.start())
        return service

    yield start
    for service in started:
        service.close()


@pytest.fixture
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser
