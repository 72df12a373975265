"""How the process starts where something is missing."""

from pathlib import Path

import pytest
from support.processes import Service
from support.status.service import StatusService

from localkafka import RunningBroker

pytestmark = pytest.mark.broker


def test_a_cluster_without_the_topics_is_refused(broker: RunningBroker, tmp_path: Path) -> None:
    """Topics are never made by accident; the operator is told what to run."""
    # Given settings that name topics nobody has made
    environment = {
        "KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap_servers,
        "TOPIC_PREFIX": "missing.",
        "OBJECT_STORE_URL": "memory://",
        "HTTP_HOST": "127.0.0.1",
        "HTTP_PORT": "0",
        "DATA_DIR": str(tmp_path / "data"),
    }
    process = Service("status", environment=environment, log=tmp_path / "status.log")

    # When the service is started
    code = process.start().wait_for_exit()

    # Then it ends with 2 and says which topic is missing and what to run
    assert code == 2
    [refused] = process.events("status.refused_to_start")
    assert "missing.job-state is missing: run" in refused["reason"]


def test_settings_that_do_not_fit_are_all_named(tmp_path: Path) -> None:
    """One start is enough to find every fault."""
    # Given three settings that do not fit, and those missing that have to be there
    environment = {"HTTP_PORT": "high", "SSE_TICK_MS": "-1", "LOG_LEVEL": "LOUD"}
    process = Service("status", environment=environment, log=tmp_path / "status.log")

    # When the service is started
    code = process.start().wait_for_exit()

    # Then it ends with 2 and names them all
    assert code == 2
    [refused] = process.events("status.refused_to_start")
    for name in ("HTTP_PORT", "SSE_TICK_MS", "LOG_LEVEL", "DATA_DIR", "OBJECT_STORE_URL"):
        assert name in refused["reason"]


def test_a_cluster_that_is_away_leaves_the_service_alive_and_not_ready(tmp_path: Path) -> None:
    """It keeps trying; restarting it would help nobody."""
    # Given a cluster that does not answer
    service = StatusService({"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}, tmp_path)
    service.process.start()
    try:
        # When the service is started, asked and told to end
        service.process.wait_for_event("status.started")
        live, ready, jobs = (service.get(path) for path in ("/livez", "/readyz", "/jobs"))
        code = service.process.stop()
    finally:
        service.process.close()

    # Then it was alive and not ready, and ends in order
    assert (live.status_code, ready.status_code, jobs.status_code) == (200, 503, 503)
    assert code == 0
