"""Kafka in a container of testcontainers: on a free port, gone with the process that asked.

Its own Kafka container is made for another vendor's image, whose start script it calls; here the
generic one runs the image of `deploy/compose.yaml`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from localkafka.choice import BrokerKind
from localkafka.cluster import new_cluster_id
from localkafka.deployment import IMAGE
from localkafka.errors import BrokerFailed, BrokerMissing
from localkafka.probe import wait_until_answers
from localkafka.properties import CONTAINER_PORT, container_advertised, container_environment
from localkafka.running import RunningBroker
from localkafka.tail import tail

if TYPE_CHECKING:
    from testcontainers.core.container import DockerContainer

_START_TIMEOUT_SECONDS: Final = 90.0

_SCRIPT: Final = "/tmp/headway-start.sh"  # noqa: S108 - a path inside a container of our own
#: The port clients must be sent to is known only once the container runs.
_AWAIT_SCRIPT: Final = f"until [ -s {_SCRIPT} ]; do sleep 0.1; done; exec sh {_SCRIPT}"


@contextmanager
def container_broker(*, tell: Callable[[str], None]) -> Iterator[RunningBroker]:
    """Run a container; removed at the end, or by testcontainers' reaper if we are killed. Blocks.

    Raises:
        BrokerMissing: testcontainers is not installed.
        BrokerFailed: the engine refused, or the broker does not answer.
    """
    try:
        # Imported here: only this way to a broker needs them, and only tests install them.
        from docker.errors import DockerException  # type: ignore[import-untyped]  # no stubs  # noqa: PLC0415
        from testcontainers.core.container import DockerContainer  # noqa: PLC0415
    except ImportError as error:
        raise BrokerMissing(
            "a Docker engine answers, but testcontainers is not installed: "
            "pip install 'headway[testing]'",
        ) from error
    tell(f"starting {IMAGE} ...")
    try:
        container = (
            DockerContainer(IMAGE)
            .with_envs(**container_environment(), CLUSTER_ID=new_cluster_id())
            .with_exposed_ports(CONTAINER_PORT)
            .with_command(["sh", "-c", _AWAIT_SCRIPT])
        )
        with container:
            yield RunningBroker(_start(container), BrokerKind.DOCKER, data_dir=None)
    except DockerException as error:
        raise BrokerFailed(f"Docker could not run {IMAGE}: {error}") from error


def start_script(address: str) -> str:
    """What the container runs once *address*, where the machine reaches it, is known."""
    advertised = container_advertised(outside=address, inside="localhost")
    return f"export KAFKA_ADVERTISED_LISTENERS={advertised}\nexec /etc/kafka/docker/run\n"


def _start(container: "DockerContainer") -> str:
    host, port = container.get_container_host_ip(), container.get_exposed_port(CONTAINER_PORT)
    address = f"{host}:{port}"
    container.copy_into_container(start_script(address).encode(), _SCRIPT)
    if not wait_until_answers(address, timeout_seconds=_START_TIMEOUT_SECONDS):
        said = b"".join(container.get_logs()).decode(errors="replace")
        raise BrokerFailed(f"{IMAGE} does not answer at {address}; it said last:{tail(said)}")
    return address
