"""Kafka by `deploy/compose.yaml`: its data stay in a named volume."""

import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from localkafka.choice import BrokerKind
from localkafka.deployment import KAFKA_VERSION, deployment_file
from localkafka.errors import BrokerFailed
from localkafka.probe import wait_until_answers
from localkafka.running import RunningBroker

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
