"""Which Kafka is used: the one named, else Docker's, else a Java process of our own."""

from collections.abc import Callable, Mapping
from enum import Enum, auto

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
