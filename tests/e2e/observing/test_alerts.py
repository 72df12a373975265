"""Alerts about real services: a stage that is not there, a gateway that was killed."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
import yaml
from support.monitoring.prometheus import Prometheus, prometheus
from support.monitoring.rules import FILE
from support.processes import Service, free_port
from support.waiting import DEADLINE_SECONDS, wait_until

pytestmark = [pytest.mark.broker, pytest.mark.e2e]


def _impatient(file: Path) -> Path:
    """The rules that are shipped, but none waits before it fires."""
    rules = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    for group in rules["groups"]:
        for rule in group["rules"]:
            rule["for"] = "0s"
    file.write_text(yaml.safe_dump(rules), encoding="utf-8")
    return file


def _firing(running: Prometheus) -> set[tuple[str, str]]:
    """Every alert that fires, and of which stage."""
    found = running.query('ALERTS{alertstate="firing"}')
    return {(each["metric"]["alertname"], each["metric"].get("stage", "")) for each in found}


def test_alerts_come_with_their_reasons_and_go_with_them(
    start: Callable[..., Service], tmp_path: Path
) -> None:
    """A job before a stage that nobody runs, then a gateway that is gone."""
    # Given gateway and status, no stage, and a Prometheus that knows of p1
    ports = {name: free_port() for name in ("gateway", "status", "p1")}
    urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    gateway = start("gateway", http_port=ports["gateway"], status_url=urls["status"])
    start("status", http_port=ports["status"])
    with prometheus(tmp_path / "prometheus", urls, _impatient(tmp_path / "rules.yaml")) as running:
        wait_until(lambda: ("HeadwayTargetDown", "") in _firing(running))
        wait_until(lambda: running.has_data('headway_ready{component="gateway"} == 1'))

        # When a job is submitted, then it is told that its stage does not flow
        _submit(urls["gateway"])
        waits = ("HeadwayStageNotFlowing", "p1")
        wait_until(lambda: waits in _firing(running), lambda: _firing(running))

        # And when the stage comes, the alert goes, as the one about its instance does
        start("p1", http_port=ports["p1"])
        wait_until(
            lambda: not {waits, ("HeadwayTargetDown", "")} & _firing(running),
            lambda: _firing(running),
        )

        # When the gateway is killed, then both who cannot ask it and its users have an alert
        gateway.kill()
        gone = {("HeadwayGatewayUnavailable", ""), ("HeadwayTargetDown", "")}
        wait_until(lambda: gone <= _firing(running), lambda: _firing(running))

        # And none when it is back
        gateway.start()
        wait_until(lambda: not gone & _firing(running), lambda: _firing(running))


def _submit(gateway: str) -> None:
    files = {"file": ("table.csv", b"a,b\n1,2\n")}
    answer = httpx.post(f"{gateway}/generate-file", files=files, timeout=DEADLINE_SECONDS)
    answer.raise_for_status()
