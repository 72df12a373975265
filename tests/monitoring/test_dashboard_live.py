"""The dashboard and the alerts against a Prometheus that scrapes the running demo."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from support.demo.process import Demo, demo_on
from support.house.modules import ROOT
from support.monitoring.board import asked
from support.monitoring.prometheus import Prometheus, prometheus
from support.monitoring.rules import FILE, alerts
from support.monitoring.tools import tool
from support.processes import LATER_TRIES
from support.statistics.workers import python
from support.waiting import DEADLINE_SECONDS, wait_until

from localkafka import RunningBroker

pytestmark = [pytest.mark.broker, pytest.mark.e2e]

_GOOD = (ROOT / "demo/penguins.csv").read_bytes()
_BAD = b"a,b\n1,2\n3\n"
#: Of what has no sample on a healthy system only its zero is shown; that is data, too.
_RATE_SECONDS = 30
_LATER_SECONDS = 2


@dataclass
class Users:
    """They hand in files, good and bad, now and for later, and send the bad ones back."""

    urls: dict[str, str]
    bad: list[str] = field(default_factory=list)

    def act(self) -> None:
        """One more of each; what was given up by now is retried."""
        self._submit(_GOOD)
        for job_id in self.bad:
            httpx.post(f"{self.urls['gateway']}/jobs/{job_id}/retry", timeout=DEADLINE_SECONDS)
        self.bad = [self._submit(_BAD)]
        self._submit(_GOOD, not_before=str(round((time.time() + _LATER_SECONDS) * 1000)))

    def completed(self) -> int:
        answer = httpx.get(f"{self.urls['status']}/jobs", timeout=DEADLINE_SECONDS)
        return sum(job["status"] == "COMPLETED" for job in answer.json()["jobs"])

    def _submit(self, content: bytes, **fields: str) -> str:
        answer = httpx.post(
            f"{self.urls['gateway']}/generate-file",
            files={"file": ("table.csv", content)},
            data=fields,
            timeout=DEADLINE_SECONDS,
        )
        answer.raise_for_status()
        job_id: str = answer.json()["job_id"]
        return job_id


@pytest.fixture(scope="module")
def demo(broker: RunningBroker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    tool("prometheus")  # before anything is started for nothing
    python()  # the demo has statistics where these can run
    state = tmp_path_factory.mktemp("demo") / "state"
    with demo_on(broker.bootstrap_servers, state, **LATER_TRIES) as demo:
        demo.start("--idle")
        demo.wait_until_open()
        yield demo


@pytest.fixture(scope="module")
def scraped(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    folder: Path = tmp_path_factory.mktemp("monitoring") / "prometheus"
    targets = demo.urls() | {"statistics": demo.beside("statistics")}
    with prometheus(folder, targets, FILE) as running:
        yield running


def test_every_query_of_the_dashboard_has_data_from_the_running_demo(
    demo: Demo, scraped: Prometheus
) -> None:
    """No panel is empty while jobs are done, fail, are tried again and are watched."""
    # Given the demo, and every query as Grafana sends it
    users = Users(demo.urls())
    missing = {query.with_everything(rate_seconds=_RATE_SECONDS): query for query in asked()}

    def still_missing() -> list[str]:
        return [f"{query.panel}: {expr}" for expr, query in missing.items()]

    def all_seen() -> bool:
        users.act()
        for expr in [expr for expr in missing if scraped.has_data(expr)]:
            del missing[expr]
        return not missing

    # When users hand in files and somebody watches, then after a while each query has had data
    with httpx.stream("GET", f"{users.urls['status']}/events", timeout=DEADLINE_SECONDS):
        wait_until(all_seen, still_missing, pause_seconds=0.5)


def test_no_alert_has_a_reason_on_the_demo_and_each_can_be_evaluated(
    demo: Demo, scraped: Prometheus
) -> None:
    """What is well is no alert; the rules ask for labels that there are."""
    # Given a demo that has done a job
    users = Users(demo.urls())
    users.act()
    wait_until(users.completed)

    # When every alert is evaluated as it is in the file, then none has a reason, sooner or later
    def reasons() -> list[str]:
        return [name for name, rule in alerts().items() if scraped.query(rule["expr"])]

    wait_until(lambda: not reasons(), reasons, pause_seconds=0.5)

    # And Prometheus itself has evaluated each without trouble
    def unknown() -> list[str]:
        groups = scraped.ask("rules")["groups"]
        return [
            rule["name"] for group in groups for rule in group["rules"] if rule["health"] != "ok"
        ]

    wait_until(lambda: not unknown(), unknown, pause_seconds=0.5)
