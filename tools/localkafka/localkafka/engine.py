"""Whether there is a Docker to run a broker with."""

import shutil
import subprocess
from collections.abc import Mapping
from typing import Final

from localkafka.choice import Purpose

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
