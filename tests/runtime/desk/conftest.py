"""The command line, before a deployment of its own on the broker of the tests."""

from collections.abc import Callable, Iterator
from typing import Protocol

import pytest
from support.desk.deployment import FAILED_AT, Deployment, Said
from support.waiting import DEADLINE_SECONDS

from headway.base.errors import PermanentError
from headway.desk import cluster, reading, writing
from headway.desk.program import main

Run = Callable[..., Said]


class Cluster(Protocol):
    """What is used of the broker fixture."""

    @property
    def bootstrap_servers(self) -> str: ...


@pytest.fixture(scope="module")
def deployment(broker: Cluster) -> Iterator[Deployment]:
    """Topics of their own, shared by the tests of a module: each has jobs of its own."""
    made = Deployment(broker.bootstrap_servers)
    yield made
    made.close()


@pytest.fixture(scope="module")
def incident(deployment: Deployment) -> Deployment:
    """Four jobs failed: one for good, one twice, one that runs again since."""
    deployment.fail("away-1", at=FAILED_AT)
    deployment.fail("odd-1", at=FAILED_AT + 1000, error=PermanentError("Row 3\nis odd: ü"))
    deployment.fail("away-2", at=FAILED_AT + 2000)
    deployment.fail("away-2", at=FAILED_AT + 3000, attempt=2)
    deployment.fail("again-1", at=FAILED_AT + 4000)
    deployment.begin("again-1", attempt=2)
    return deployment


@pytest.fixture
def headway(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `headway` in this process, with further environment."""
    # A machine at load 50 is no cluster that is away.
    monkeypatch.setattr(cluster, "REACH_SECONDS", DEADLINE_SECONDS)
    monkeypatch.setattr(reading, "TIMES_SECONDS", DEADLINE_SECONDS)
    monkeypatch.setattr(reading, "STALL_SECONDS", DEADLINE_SECONDS)
    monkeypatch.setattr(writing, "ACKNOWLEDGED_MS", round(DEADLINE_SECONDS * 1000))
    monkeypatch.setattr(writing, "FLUSH_SECONDS", DEADLINE_SECONDS)

    def run(*arguments: str, **environment: str) -> Said:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        try:
            code = main(arguments)
        except SystemExit as ended:  # argparse's way out
            code = int(ended.code or 0)
        return Said(code, *capsys.readouterr())

    return run


@pytest.fixture
def desk(headway: Run, deployment: Deployment) -> Run:
    """`headway` before that deployment."""

    def run(*arguments: str, **environment: str) -> Said:
        return headway(*arguments, **{**deployment.environment, **environment})

    return run
