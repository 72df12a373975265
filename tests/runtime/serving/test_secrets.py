"""What is secret is nowhere: in no log, no answer, no metric and no `repr`, whatever happens.

Every service of the product, told a secret in every setting that is marked as one, and in every way
that the clients of Kafka and of the object store take one.
"""

import signal
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.kafka.cluster import Cluster
from support.processes import Service
from support.waiting import DEADLINE_SECONDS, wait_until

import tree
from headway.declared.catalog import Catalog
from headway.edges import kafka
from headway.topics.topology import TopologyWatch
from localkafka import RunningBroker

_SECRET = "hunter2"
_NAMES = (
    "sasl.password",
    "ssl.key.password",
    "ssl.keystore.password",
    "sasl.oauthbearer.client.secret",
)
_OPTIONS = ";".join(
    [*[f'{name}="{_SECRET};{name}"' for name in _NAMES], "sasl.username=me", "debug=all"]
)
_WORLD = {
    "KAFKA_CLIENT_OPTIONS": _OPTIONS,
    "AWS_SECRET_ACCESS_KEY": _SECRET,
    "AWS_SESSION_TOKEN": _SECRET,
    "LOG_LEVEL": "DEBUG",
    "HTTP_HOST": "127.0.0.1",
    "HTTP_PORT": "0",
}
#: Why a service does not start, by what it is told besides.
_REFUSALS = {
    "a setting": {"EXIT_SECONDS": "soon"},
    "an option": {"KAFKA_CLIENT_OPTIONS": f"{_OPTIONS};security.protocol={_SECRET}"},
    "no option": {"KAFKA_CLIENT_OPTIONS": f"{_OPTIONS};sasl.passwort={_SECRET}"},
    "a secret": {"KAFKA_CLIENT_OPTIONS": f"security.protocol=ssl;ssl.key.pem={_SECRET}"},
    "no pair": {"KAFKA_CLIENT_OPTIONS": f"{_OPTIONS};{_SECRET}"},
}
Start = Callable[..., Service]

services = pytest.mark.parametrize("name", tree.services())


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Start]:
    """Starts a service of the product, full of secrets, beside a file that has more of them."""
    file = tmp_path / "options"
    file.write_text(f"sasl.oauthbearer.config={_SECRET}\n", encoding="utf-8")
    started: list[Service] = []

    def begin(name: str, **more: str) -> Service:
        own = {
            "KAFKA_CLIENT_OPTIONS_FILE": str(file),
            "OBJECT_STORE_URL": f"file://{tmp_path}/objects",
            "DATA_DIR": f"{tmp_path}/data",
            "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        }
        service = Service(name, environment=_WORLD | own | more, log=tmp_path / f"{name}.log")
        started.append(service.start())
        return service

    yield begin
    for service in started:
        service.close()


@pytest.mark.parametrize(
    ("name", "why"),
    # The same code reads the settings of all: each is tried once, one of them with everything.
    [(n, w) for n in tree.services() for w in _REFUSALS if n == "gateway" or w == "a secret"],
)
def test_a_service_that_refuses_to_start_tells_no_secret(begin: Start, name: str, why: str) -> None:
    """It says what is wrong, by its name."""
    # Given a service that is told something that does not fit, when it starts
    service = begin(name, **_REFUSALS[why])

    # Then it refuses with words, and none of them is a secret
    assert service.wait_for_exit() == 2
    assert service.log.read_text(encoding="utf-8").strip()
    assert _SECRET not in service.log.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["gateway", "status", tree.stages()[0]])
def test_a_service_whose_cluster_is_away_tells_no_secret(begin: Start, name: str) -> None:
    """Neither while it looks for it, nor when it gives up or is told to end."""
    # Given a service that nobody answers
    service = begin(name)

    # When it has looked for its cluster, as the client says, or has ended because of it
    wait_until(
        lambda: _has_ended(service) or "client_log" in service.log.read_text(encoding="utf-8"),
        service.tail,
    )
    told = _answers(service)
    if not _has_ended(service):
        service.signal(signal.SIGTERM)
    service.wait_for_exit()

    # Then there is no secret in its log, nor in what it answered meanwhile
    assert "127.0.0.1:1" in service.log.read_text(
        encoding="utf-8"
    ) or "_TIMED_OUT" in service.log.read_text(encoding="utf-8")
    assert _SECRET not in service.log.read_text(encoding="utf-8") + told


@pytest.mark.broker
@services
def test_a_service_at_work_tells_no_secret(begin: Start, broker: RunningBroker, name: str) -> None:
    """With all that the clients say of themselves in the log."""
    # Given a service with a cluster, when it is ready, and told to end
    cluster = Cluster(broker.bootstrap_servers)
    service = begin(name, **cluster.environment())
    wait_until(lambda: '"ok": true' in _answers(service, "/readyz"), service.tail)
    told = _answers(service)
    service.signal(signal.SIGTERM)
    assert service.wait_for_exit() == 0

    # Then there is no secret in its log and its answers, where there is much else
    assert "headway_" in told
    assert "kafka.client_log" in service.log.read_text(encoding="utf-8")
    assert _SECRET not in service.log.read_text(encoding="utf-8") + told


@services
def test_no_repr_shows_a_secret(name: str) -> None:
    """Whoever logs settings, options of clients, or what holds them."""
    # Given the settings of a service, all that is secret set
    cls = tree.settings_of(name)
    secret = {item.name: _OPTIONS for item in fields(cls) if not item.repr}
    needed: dict[str, Any] = {
        "kafka_bootstrap_servers": "127.0.0.1:1",
        "object_store_url": "memory://",
        **({"data_dir": ""} if name == "status" else {}),
    }
    settings = cls(**(needed | secret))
    options = kafka.client_options(settings)

    # When they and what holds them are shown
    shown = [repr(settings), repr(options), repr(TopologyWatch(options, Catalog.load()))]

    # Then the secrets are not, and are given to the clients all the same
    assert "kafka_client_options" in secret
    assert _SECRET not in "".join(shown)
    assert options["sasl.password"] == f"{_SECRET};sasl.password"


def _has_ended(service: Service) -> bool:
    return service.process.poll() is not None


def _answers(service: Service, *paths: str) -> str:
    """What it answers on the paths of health; nothing while it does not listen."""
    if _has_ended(service):
        return ""
    ports = [
        line["port"]
        for event in (f"{service.module}.started", "stage.started")
        for line in service.events(event)
    ]
    asked = [(port, path) for port in ports for path in paths or ("/livez", "/readyz", "/metrics")]
    return "".join(
        httpx.get(f"http://127.0.0.1:{port}{path}", timeout=DEADLINE_SECONDS).text
        for port, path in asked
    )
