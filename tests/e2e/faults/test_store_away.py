"""The object store is away while 1,000 jobs wait; STORE_AWAY_SECONDS=300 for five minutes of it."""

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.kafka.cluster import Cluster
from support.processes import Service
from support.waiting import DEADLINE_SECONDS, wait_until

pytestmark = [pytest.mark.broker, pytest.mark.e2e, pytest.mark.slow]

_JOBS = [f"job-{number}" for number in range(1000)]
_CONCURRENCY = 4
#: A stage that waits says so once a second, so its reports tell how long it has.
_AWAY_SECONDS = int(os.environ.get("STORE_AWAY_SECONDS", "2"))
_REASON = "breaker:object store"


def test_1000_jobs_outlive_an_object_store_that_is_away(
    cluster: Cluster, start: Callable[..., Service], tmp_path: Path
) -> None:
    """None fails, none is anything else meanwhile; all complete by themselves when it is back."""
    # Given both stages, and a store that neither of them reaches
    gates = {stage: tmp_path / f"away-{stage}" for stage in ("p1", "p2")}
    for gate in gates.values():
        gate.touch()
    stages = {
        name: start(f"support.stages.scripted_stage {name}", name, concurrency=_CONCURRENCY)
        for name in gates
    }

    # When 1,000 jobs wait for it, in the first stage and then in the second
    cluster.submit(_JOBS, title=f"away:{tmp_path}/away-$INSTANCE_ID")
    for name, before in (("p1", None), ("p2", "PROCESS_1_DONE")):
        _wait_for_reports(cluster, name)
        _stage_tells_that_it_waits(stages[name])

        # Then they are what they were, but for the few whose errors told that it is away
        statuses = [state["status"] for state in cluster.newest_states().values()]
        begun = [status for status in statuses if status != before]
        assert set(begun) <= {cluster.pipeline.stage(name).running.name}
        assert len(begun) <= _CONCURRENCY
        assert cluster.outputs(name).total() == 0

        # And all go on once it is back
        gates[name].unlink()
        cluster.wait_for_outputs(name, len(_JOBS))
        wait_until(lambda name=name: _ready(stages[name])[0])  # type: ignore[misc]  # bound early

    # Then each was done once, no job has ever failed, and the stages say that all is well
    assert cluster.outputs("p2") == Counter(_JOBS)
    assert {state["status"] for state in cluster.newest_states().values()} == {"COMPLETED"}
    assert "FAILED" not in {state["status"] for state in cluster.decoded("job-state")}
    for name, service in stages.items():
        assert service.metric(_sample("headway_breaker_open", name)) == 0
        assert service.metric(_sample("headway_breaker_openings_total", name)) == 1
        wait_until(lambda name=name: _reports(cluster, name)[-1]["pauses"] == [])  # type: ignore[misc]  # bound early
        assert service.stop() == 0


def _stage_tells_that_it_waits(service: Service) -> None:
    """In its readiness, with the error, and as why its partitions are paused."""
    ready, told = _ready(service)
    assert not ready
    assert told["reason"].startswith("the object store is away since")
    error = told["breakers"]["object store"]["error"]
    assert error == "StoreUnavailable: the store does not answer"
    assert all(_REASON in reasons for reasons in told["paused"].values())


def _ready(service: Service) -> tuple[bool, dict[str, Any]]:
    (started,) = service.wait_for_event("stage.started")[-1:]
    url = f"http://127.0.0.1:{started['port']}/readyz"
    answer = httpx.get(url, timeout=DEADLINE_SECONDS)
    return answer.status_code == 200, answer.json()


def _wait_for_reports(cluster: Cluster, stage: str) -> None:
    """Until the stage has said for as long as the store is to be away that it waits for it."""

    def waits() -> int:
        told = [pause for report in _reports(cluster, stage) for pause in report["pauses"]]
        return len([pause for pause in told if pause["reason"] == _REASON])

    seconds = DEADLINE_SECONDS + _AWAY_SECONDS
    wait_until(lambda: waits() >= _AWAY_SECONDS, waits, seconds=seconds, pause_seconds=0.2)


def _reports(cluster: Cluster, stage: str) -> list[dict[str, Any]]:
    reports = cluster.decoded("stage-reports")
    return sorted((r for r in reports if r["stage"] == stage), key=lambda report: report["at"])


def _sample(metric: str, stage: str) -> str:
    return f'{metric}{{dependency="object store",stage="{stage}"}}'
