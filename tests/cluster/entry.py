"""The way in: a Service of the release at a port of this machine."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import httpx
from support.waiting import wait_until

from cluster.release import Release
from cluster.tools import tool

_ENDING_SECONDS: Final = 10.0


class Forward:
    """`kubectl port-forward`, begun again whenever its pod has gone."""

    def __init__(self, release: Release, component: str) -> None:
        self._release = release
        self._component = component
        self._process: subprocess.Popen[str] | None = None
        self.url = ""

    def request(self, method: str, path: str, **given: Any) -> httpx.Response:
        """The answer to one request; asks again for as long as nobody answers."""
        answers: list[httpx.Response] = []

        def answered() -> bool:
            try:
                self._open()
                answer = httpx.request(method, self.url + path, timeout=30, **given)
            except (httpx.HTTPError, OSError):
                self.close()
                return False
            answers.append(answer)
            return answer.status_code < 500

        wait_until(answered, seconds=600, pause_seconds=1)
        return answers[-1]

    def _open(self) -> None:
        if self._process is not None and self._process.poll() is None:
            return
        (service,) = [
            found
            for found in self._release.get("services", self._component)
            if found["spec"].get("clusterIP") != "None"
        ]
        port = service["spec"]["ports"][0]["port"]
        name = f"service/{service['metadata']['name']}"
        where = ("--namespace", self._release.namespace)
        self._process = subprocess.Popen(
            [tool("kubectl"), "port-forward", *where, name, f":{port}"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        # "Forwarding from 127.0.0.1:41641 -> 8080", or nothing, if it has ended.
        line = self._process.stdout.readline() if self._process.stdout else ""
        if " -> " not in line:
            raise OSError(f"{name} cannot be reached")
        self.url = "http://" + line.split(" from ")[1].split(" -> ")[0]

    def close(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(_ENDING_SECONDS)
            if self._process.stdout:
                self._process.stdout.close()
            self._process = None


@contextmanager
def entry(release: Release, component: str) -> Iterator[Forward]:
    """The Service of *component*."""
    forward = Forward(release, component)
    try:
        yield forward
    finally:
        forward.close()
