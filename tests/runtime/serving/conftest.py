"""A guarded server, and services of every kind as processes; none of it needs a broker."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.processes import Service
from support.services.guarded import Application, Connect, guarded_server

Start = Callable[..., Service]

#: What runs each kind, by the name that its log events begin with.
_MODULES = {
    "stage": "support.stages.fake_stage topics",
    "ticking": "support.services.ticking",
    "greeting": "support.services.greeting",
    "gateway": "gateway",
    "status": "status",
}


@pytest.fixture
def application() -> Application:
    return Application()


@pytest.fixture
def connect(application: Application) -> Iterator[Connect]:
    """Connections to a server that has room for four."""
    with guarded_server(application, most=4) as connect:
        yield connect


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a service of a kind in the world that the words describe."""
    started: list[Service] = []

    def start(kind: str, *world: str, **environment: str) -> Service:
        told = {
            "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
            "OBJECT_STORE_URL": f"file://{tmp_path}/objects",
            "DATA_DIR": f"{tmp_path}/data",
            "HTTP_HOST": "127.0.0.1",
            "HTTP_PORT": "0",
            # Only what is told to hang is ended by force.
            "EXIT_SECONDS": "100",
            **environment,
        }
        module = " ".join((_MODULES[kind], *world))
        service = Service(module, environment=told, log=tmp_path / f"{kind}.log")
        started.append(service.start())
        return service

    yield start
    for service in started:
        service.close()
