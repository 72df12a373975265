"""testcontainers talks to a stand-in of the Docker engine here: the requests are its own.

The container it would start is the broker that runs already: the stand-in maps the port to it.
"""

import io
import json
import tarfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from testcontainers.core.config import ConnectionMode, testcontainers_config

from localkafka import BrokerFailed, BrokerKind, RunningBroker, running_broker
from localkafka.docker import start_script
from localkafka.properties import IMAGE, container_environment

Install = Callable[[str, str], None]


class Engine(ThreadingHTTPServer):
    """As much of an engine as one container needs; remembers what it was asked."""

    def __init__(self, kafka_port: str) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.mapped = {"9092/tcp": [{"HostIp": "0.0.0.0", "HostPort": kafka_port}]}  # noqa: S104
        self.refuses_start = False
        self.created: dict[str, Any] = {}
        self.files: dict[str, str] = {}
        self.removed = False

    @property
    def url(self) -> str:
        return f"tcp://127.0.0.1:{self.server_port}"

    def unpack(self, archive: bytes) -> None:
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            for member in tar.getmembers():
                file = tar.extractfile(member)
                assert file is not None
                self.files[f"/{member.name.lstrip('/')}"] = file.read().decode()


class _Answers(BaseHTTPRequestHandler):
    server: Engine
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path.endswith("/version"):
            self._answer(200, {"ApiVersion": "1.50"})
        elif "/images/" in self.path:
            self._answer(200, {"Id": "sha256:1", "RepoTags": [IMAGE]})
        elif "/networks" in self.path:
            self._answer(200, [])
        else:
            state = {"Status": "running", "Running": True}
            network = {"Ports": self.server.mapped}
            self._answer(200, {"Id": "c1", "State": state, "NetworkSettings": network})

    def do_POST(self) -> None:
        body = self._body()
        if "/containers/create" in self.path:
            self.server.created = json.loads(body)
            self._answer(201, {"Id": "c1", "Warnings": []})
        elif self.server.refuses_start:
            self._answer(500, {"message": "no space left on device"})
        else:
            self._answer(204)

    def do_PUT(self) -> None:
        self.server.unpack(self._body())
        self._answer(200)

    def do_DELETE(self) -> None:
        self.server.removed = True
        self._answer(204)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Say nothing."""

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _answer(self, status: int, document: object = None) -> None:
        body = b"" if document is None else json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        if status != 204:  # which has no body, so no length
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def engine(
    broker: RunningBroker,
    install: Install,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Engine]:
    """An engine that answers, both to the `docker` program and to testcontainers."""
    install("docker", "exit 0")
    monkeypatch.setattr(testcontainers_config, "ryuk_disabled", True)
    # Wherever the tests run, in a container too, the engine is where DOCKER_HOST says.
    mode = ConnectionMode.docker_host
    monkeypatch.setattr(testcontainers_config, "connection_mode_override", mode)
    with Engine(broker.bootstrap_servers.rpartition(":")[2]) as server:
        monkeypatch.setenv("DOCKER_HOST", server.url)
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.broker
def test_tests_get_a_container_of_their_own(
    broker: RunningBroker,
    engine: Engine,
    programs: Path,
) -> None:
    """It has our settings, learns the port it was given, answers, and is removed at the end."""
    # When a test wants a broker where Docker is
    with running_broker(environ={"PATH": str(programs)}) as running:
        removed_while_used = engine.removed

    # Then it had a container with our settings that told the port it was given, and is removed now
    assert running == RunningBroker(broker.bootstrap_servers, BrokerKind.DOCKER, data_dir=None)
    assert engine.created["Image"] == IMAGE
    environment = dict(variable.split("=", 1) for variable in engine.created["Env"])
    assert environment.pop("CLUSTER_ID")
    assert environment == container_environment()
    assert list(engine.files.values()) == [start_script(broker.bootstrap_servers)]
    assert next(iter(engine.files)) in " ".join(engine.created["Cmd"])
    assert (removed_while_used, engine.removed) == (False, True)


@pytest.mark.broker
def test_an_engine_that_refuses_is_told(engine: Engine, programs: Path) -> None:
    """The engine's own words are in the message, and nothing stays behind."""
    # Given an engine that cannot start the container
    engine.refuses_start = True

    # When a broker is wanted, which fails with what the engine said
    with (
        pytest.raises(BrokerFailed, match="no space left on device"),
        running_broker(environ={"PATH": str(programs)}),
    ):
        pytest.fail("there is no broker")

    # Then the container is removed
    assert engine.removed


def test_the_start_script_sends_clients_where_they_can_go() -> None:
    """From outside the mapped port, from inside the internal listener; then the image's start."""
    # When the script is written for a mapped port, then it names both listeners and begins
    assert start_script("docker.example:32768") == (
        "export KAFKA_ADVERTISED_LISTENERS="
        "HOST://docker.example:32768,INTERNAL://localhost:19092\n"
        "exec /etc/kafka/docker/run\n"
    )
