"""Workers of the statistics as processes, in the environment that has Faust."""

import os
from pathlib import Path

import pytest
from support.kafka.cluster import Cluster
from support.processes import Service

_PYTHON = Path(__file__).parents[3] / ".venv-statistics/bin/python"


def python() -> str:
    """Who runs them. Where it is not installed the test is skipped; in CI that is a failure."""
    if not _PYTHON.exists() and not os.environ.get("CI"):
        pytest.skip(".venv-statistics is missing; scripts/statistics.sh makes it")
    return str(_PYTHON)


def worker(cluster: Cluster, folder: Path, name: str, **settings: object) -> Service:
    """One of them, not started."""
    told = {"session_timeout_ms": 3000, "instance_id": name, **settings}
    return Service(
        "stagestatistics",
        environment=cluster.environment(**told),
        log=folder / f"{name}.log",
        python=python(),
    )
