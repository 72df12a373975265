"""All services as real processes that know each other, and the HTTP a user speaks."""

import time
from collections.abc import Callable
from typing import Any

import httpx
from support.processes import Service, free_port
from support.waiting import DEADLINE_SECONDS

from headway.declared.pipeline import Pipeline


class Product:
    """Gateway, every stage and status, ready to be used."""

    def __init__(self, start: Callable[..., Service], **settings: object) -> None:
        gateway, status = free_port(), free_port()
        self.gateway = f"http://127.0.0.1:{gateway}"
        self.status = f"http://127.0.0.1:{status}"
        self.services = [
            start(
                "gateway",
                http_port=gateway,
                status_url=self.status,
                status_api_url=self.status,
                allowed_origins=self.status,
            ),
            *(start(stage.name, **settings) for stage in Pipeline.load().stages),
            start("status", http_port=status, gateway_url=self.gateway),
        ]
        for url in (self.gateway, self.status):
            _wait_until_ready(url, self.services)

    def upload(self, name: str, content: bytes) -> httpx.Response:
        files = {"file": (name, content)}
        return httpx.post(f"{self.gateway}/generate-file", files=files, timeout=DEADLINE_SECONDS)

    def job(self, job_id: str) -> dict[str, Any]:
        answer = httpx.get(f"{self.status}/jobs/{job_id}", timeout=DEADLINE_SECONDS)
        answer.raise_for_status()
        job: dict[str, Any] = answer.json()
        return job

    def wait_for_end(self, job_id: str, *, seconds: float = DEADLINE_SECONDS) -> dict[str, Any]:
        """Wait until the job is known and in a terminal state."""
        deadline = time.monotonic() + seconds
        while True:
            answer = httpx.get(f"{self.status}/jobs/{job_id}", timeout=DEADLINE_SECONDS)
            if answer.is_success and answer.json()["terminal"]:
                job: dict[str, Any] = answer.json()
                return job
            assert time.monotonic() < deadline, f"{job_id}: {answer.text}"
            time.sleep(0.05)


def _wait_until_ready(url: str, services: list[Service]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while True:
        try:
            if httpx.get(f"{url}/readyz", timeout=5).is_success:
                return
        except httpx.TransportError:
            pass
        tails = "\n".join(service.tail() for service in services)
        assert time.monotonic() < deadline, f"{url} did not get ready:\n{tails}"
        time.sleep(0.1)
