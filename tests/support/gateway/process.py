"""The gateway as a real process."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from support.processes import free_port
from support.waiting import DEADLINE_SECONDS, wait_until


def environment(bootstrap_servers: str, prefix: str, folder: Path) -> dict[str, str]:
    """The least a gateway has to be told, on a port of its own."""
    return {
        "KAFKA_BOOTSTRAP_SERVERS": bootstrap_servers,
        "TOPIC_PREFIX": prefix,
        "OBJECT_STORE_URL": f"file://{folder}/store",
        "HTTP_HOST": "127.0.0.1",
        "HTTP_PORT": str(free_port()),
    }


@contextmanager
def gateway_process(
    told: dict[str, str], until: str = "/readyz", files: int | None = None
) -> Iterator[tuple[httpx.Client, subprocess.Popen[bytes]]]:
    """`python -m gateway`, once it answers on the path *until*; killed at the end.

    *files* is how many files it may open.
    """
    limit = ["prlimit", f"--nofile={files}"] if files else []
    command = [*limit, sys.executable, "-m", "gateway"]
    process = subprocess.Popen(command, env=os.environ | told)
    try:
        url = f"http://127.0.0.1:{told['HTTP_PORT']}"
        with httpx.Client(base_url=url, timeout=DEADLINE_SECONDS) as client:
            wait_until(lambda: process.poll() is not None or _answers(client, until))
            assert process.poll() is None, "the gateway has ended"
            yield client, process
    finally:
        process.kill()
        process.wait()


def _answers(client: httpx.Client, path: str) -> bool:
    try:
        return client.get(path).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False
