"""A running Kafka: of which kind, where it answers, and what may be wrong with it.

BrokerError (a HeadwayError)
├── BrokerMissing   nothing here can run Kafka: tests skip, people install something
└── BrokerFailed    it should have run and did not: nobody may overlook it
"""

import base64
import logging
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from types import MappingProxyType
from typing import Final

from headway.base.errors import HeadwayError
from headway.edges import kafka
from headway.edges.clientoptions import FILE, VARIABLE


class BrokerError(HeadwayError):
    """Root: no broker is running; the message says what to do."""


class BrokerMissing(BrokerError):  # noqa: N818 - names the condition
    """Raised when what it takes to run Kafka is not on this machine."""


class BrokerFailed(BrokerError):  # noqa: N818 - names the condition
    """Raised when a broker was found or started and does not answer, or must not be trusted."""


BOOTSTRAP_VARIABLE = "KAFKA_BOOTSTRAP_SERVERS"


class Purpose(Enum):
    """Whom the broker serves; it decides how Docker runs it."""

    TESTS = auto()
    """Thrown away afterwards: a container of testcontainers, on a port of its own."""

    DEMO = auto()
    """Kept between runs: `deploy/compose.yaml`, its data in a named volume."""


class BrokerKind(Enum):
    """The ways to a broker; the value is what people are told."""

    EXISTING = "KAFKA_BOOTSTRAP_SERVERS"
    """Costs nothing to start. Fails if nobody answers there; its settings are its owner's."""

    DOCKER = "Docker"
    """Needs an engine and, the first time, an image of some 400 MB."""

    JAVA = "local Java process"
    """Needs Java 17 and, the first time, Maven and 44 MB of jars; then about 5 s and 0.5 GB."""


def choose(environ: Mapping[str, str], *, docker_answers: Callable[[], bool]) -> BrokerKind:
    """The first way that is open; *docker_answers* is asked only if it matters."""
    if environ.get(BOOTSTRAP_VARIABLE):
        return BrokerKind.EXISTING
    return BrokerKind.DOCKER if docker_answers() else BrokerKind.JAVA


@dataclass(frozen=True, slots=True)
class RunningBroker:
    """Where a broker answers; it does so only as long as the context that gave it is open."""

    bootstrap_servers: str
    kind: BrokerKind
    #: Its folder on this machine; None where the data lies in a container or another's cluster.
    data_dir: Path | None


def new_cluster_id() -> str:
    """A random id as Kafka's storage tool wants it, without a leading `-` to trip over."""
    return base64.b64encode(uuid.uuid4().bytes, altchars=b"AB").rstrip(b"=").decode()


#: A stack trace of Kafka's with its cause fits.
_LINES: Final = 25


def tail(text: str) -> str:
    """The last lines of *text*, indented below the line of the message they follow."""
    return "".join(f"\n  {line}" for line in text.splitlines()[-_LINES:])


#: One request; short, so that a process that has died meanwhile is noticed.
_REQUEST_SECONDS: Final = 0.5

_silent = logging.getLogger(f"{__name__}.client")
_silent.addHandler(logging.NullHandler())
_silent.propagate = False


@dataclass(frozen=True, slots=True)
class _Target:
    kafka_bootstrap_servers: str
    kafka_client_options: str
    kafka_client_options_file: str
    instance_id: str = "headway-broker-probe"


def wait_until_answers(
    bootstrap_servers: str,
    environ: Mapping[str, str] = MappingProxyType({}),
    *,
    timeout_seconds: float,
    hopeless: Callable[[], bool] = lambda: False,
    brokers: int = 1,
) -> bool:
    """Ask until *brokers* are known, the time is up or *hopeless* says so. Blocks.

    *environ* is where the options of a client that the cluster asks for are taken from.
    """
    # Refused connections are what is expected here: they are not worth a line in any log.
    quiet = {"logger": _silent, "error_cb": lambda _: None, "reconnect.backoff.max.ms": 100}
    target = _Target(bootstrap_servers, environ.get(VARIABLE, ""), environ.get(FILE, ""))
    options = kafka.client_options(target) | quiet
    admin = kafka.admin_client(options)
    deadline = time.monotonic() + timeout_seconds
    while time.monotonic() < deadline and not hopeless():
        if _known(admin) >= brokers:
            return True
    return False


def _known(admin: kafka.AdminClient) -> int:
    try:
        return len(admin.list_topics(timeout=_REQUEST_SECONDS).brokers)
    except kafka.KafkaException:
        return 0
