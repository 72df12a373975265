"""A real Prometheus that scrapes what a test runs, once a second."""

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import yaml
from support.monitoring.tools import tool
from support.processes import free_port
from support.waiting import DEADLINE_SECONDS, wait_until

#: As often as its configuration allows: a rate wants two samples.
_EVERY: Final = "1s"


@dataclass(frozen=True)
class Prometheus:
    """Where it answers."""

    url: str

    def ask(self, path: str, **parameters: object) -> Any:
        """What its HTTP interface answers.

        Raises:
            httpx.HTTPStatusError: it refuses.
        """
        asked = {name: str(value) for name, value in parameters.items()}
        answer = httpx.get(f"{self.url}/api/v1/{path}", params=asked, timeout=DEADLINE_SECONDS)
        answer.raise_for_status()
        return answer.json()["data"]

    def query(self, expr: str) -> list[dict[str, Any]]:
        """The series of *expr* as of now."""
        found: list[dict[str, Any]] = self.ask("query", query=expr)["result"]
        return found

    def has_data(self, expr: str) -> bool:
        """Whether *expr* has a series, and in it a number, as of now."""
        return any(series["value"][1] != "NaN" for series in self.query(expr))


@contextmanager
def prometheus(folder: Path, targets: Mapping[str, str], rules: Path) -> Iterator[Prometheus]:
    """One that scrapes *targets*, URLs by name, as docs/howto/watch.md has it, with *rules*."""
    folder.mkdir()
    config, log, port = folder / "prometheus.yml", folder / "log", free_port()
    config.write_text(yaml.safe_dump(_config(targets, rules)), encoding="utf-8")
    command = [
        tool("prometheus"),
        f"--config.file={config}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
    running = Prometheus(f"http://127.0.0.1:{port}")
    try:
        wait_until(lambda: _ready(running.url), log.read_text)
        yield running
    finally:
        process.kill()
        process.wait()


def _config(targets: Mapping[str, str], rules: Path) -> dict[str, Any]:
    return {
        "global": {"scrape_interval": _EVERY, "evaluation_interval": _EVERY},
        "rule_files": [str(rules)],
        "scrape_configs": [
            {
                "job_name": "headway",
                "static_configs": [
                    {"targets": [urlsplit(url).netloc], "labels": {"release": "main"}}
                    for url in targets.values()
                ],
            }
        ],
    }


def _ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/-/ready", timeout=5).is_success
    except httpx.TransportError:
        return False
