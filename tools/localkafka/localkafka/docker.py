"""Kafka by Docker: whether there is an engine, by compose for the demo, in a container for tests.

The Kafka container of testcontainers is made for another vendor's image, whose start script it
calls; here the generic one runs the image of `deploy/compose.yaml`.
"""

import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from localkafka.broker import (
    BrokerFailed,
    BrokerKind,
    BrokerMissing,
    Purpose,
    RunningBroker,
    new_cluster_id,
    tail,
    wait_until_answers,
)
from localkafka.properties import (
    CONTAINER_PORT,
    IMAGE,
    KAFKA_VERSION,
    container_advertised,
    container_environment,
    deployment_file,
)

if TYPE_CHECKING:
    from testcontainers.core.container import DockerContainer

#: An engine that is up answers in milliseconds; a hung one must not hold anybody up.
_TIMEOUT_SECONDS: Final = 1.5


def docker_answers(purpose: Purpose, environ: Mapping[str, str]) -> bool:
    """Whether an engine answers and, for the demo, `docker compose` is installed."""
    docker = shutil.which("docker", path=environ.get("PATH"))
    if docker is None or not _succeeds([docker, "version", "--format", "{{.Server.Version}}"]):
        return False
    return purpose is Purpose.TESTS or _succeeds([docker, "compose", "version"])


def _succeeds(command: list[str]) -> bool:
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=_TIMEOUT_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


_PORT_VARIABLE: Final = "KAFKA_PORT"
_DEFAULT_PORT: Final = "9092"
_START_TIMEOUT_SECONDS: Final = 60.0
_STDERR: Final = 2


@dataclass(frozen=True, slots=True)
class _Compose:
    """The command line, whose output goes to stderr: stdout is the caller's."""

    docker: str
    environ: Mapping[str, str]

    def run(self, *arguments: str) -> None:
        command = self._command(*arguments)
        done = subprocess.run(command, stdout=_STDERR, check=False, env=dict(self.environ))
        if done.returncode:
            raise BrokerFailed(f"`docker compose {' '.join(arguments)}` failed: see its output")

    def is_up(self) -> bool:
        command = self._command("ps", "--status", "running", "--quiet", "broker")
        done = subprocess.run(command, capture_output=True, check=False, env=dict(self.environ))
        return bool(done.stdout.strip())

    def _command(self, *arguments: str) -> list[str]:
        file = deployment_file("compose.yaml")
        return [self.docker, "compose", "-f", str(file), *arguments]


@contextmanager
def compose_broker(
    *,
    environ: Mapping[str, str],
    tell: Callable[[str], None],
) -> Iterator[RunningBroker]:
    """Bring the service `broker` up; taken down at the end unless it was up before. Blocks.

    Raises:
        BrokerFailed: compose failed (it has said why on stderr), or the broker does not answer.
    """
    compose = _Compose(shutil.which("docker", path=environ.get("PATH")) or "docker", environ)
    found_up = compose.is_up()
    tell(f"starting Kafka {KAFKA_VERSION} by docker compose ...")
    try:
        compose.run("up", "--detach", "--wait", "broker")
        address = f"127.0.0.1:{environ.get(_PORT_VARIABLE) or _DEFAULT_PORT}"
        if not wait_until_answers(address, timeout_seconds=_START_TIMEOUT_SECONDS):
            raise BrokerFailed(f"{address}: the container is up, but no broker answers there")
        yield RunningBroker(address, BrokerKind.DOCKER, data_dir=None)
    finally:
        if not found_up:
            compose.run("down")


_CONTAINER_SECONDS: Final = 90.0

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
            "pip install 'localkafka[containers]'",
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
    if not wait_until_answers(address, timeout_seconds=_CONTAINER_SECONDS):
        said = b"".join(container.get_logs()).decode(errors="replace")
        raise BrokerFailed(f"{IMAGE} does not answer at {address}; it said last:{tail(said)}")
    return address
