"""Held jobs on a real broker, let go in batches by a window that is open for seconds at a time."""

import time
from collections.abc import Iterator
from functools import partial
from itertools import count
from pathlib import Path

import pytest
from support.audit import faults
from support.holding.calendar import OFF_PEAK, WINDOWED
from support.kafka.cluster import Cluster
from support.processes import LATER_TRIES, Service
from support.waiting import wait_until

from localkafka import RunningBroker

pytestmark = pytest.mark.broker

_JOBS = 1000
_SIZE = 25
_OPEN_MS = 3000


@pytest.fixture
def cluster(broker: RunningBroker) -> Cluster:
    return Cluster(broker.bootstrap_servers)


@pytest.fixture
def stages(cluster: Cluster, tmp_path: Path) -> Iterator[dict[str, Service]]:
    """Both, scripted; the second takes what its window releases in batches."""
    started = {}
    for stage in cluster.pipeline.stages:
        told = {"object_store_url": "memory://", "batch": f"{_SIZE}:0.2:released", **LATER_TRIES}
        environment = cluster.environment(instance_id=stage.name, **told)
        module, log = f"support.stages.scripted_stage {stage.name}", tmp_path / f"{stage.name}.log"
        started[stage.name] = Service(module, environment=environment, log=log).start()
    yield started
    for service in started.values():
        service.close()


def test_a_thousand_held_jobs_are_done_in_batches_while_the_window_is_open(
    cluster: Cluster, stages: dict[str, Service]
) -> None:
    """None begins before it opens; it closes by itself, and what is left waits for the next."""
    # Given a thousand jobs for off-peak, all of which wait, and one that does not
    for number in range(_JOBS):
        _submit(cluster, f"job-{number:04}", tags=OFF_PEAK)
    _submit(cluster, "at-once")
    cluster.flush()
    wait_until(lambda: len(cluster.read(f"{WINDOWED}.held")) == _JOBS, stages[WINDOWED].tail)
    cluster.wait_for_states(["at-once"], "COMPLETED")
    assert stages[WINDOWED].events("together.called") == []

    # When the window opens for seconds, again and again, and longer, until all are done
    first = _now()
    for longer in count(1):
        if _is_over(cluster):
            break
        until = _open(cluster, _OPEN_MS * longer)
        wait_until(partial(_is_over_or_closed, cluster, until))

    # Then each was done once, none before the first opening, and in batches
    states = cluster.newest_states()
    assert faults(cluster, states) == []
    running = cluster.pipeline.stage(WINDOWED).running.name
    held = [state for job_id, state in states.items() if job_id != "at-once"]
    began = [s["at"] for state in held for s in state["timeline"] if s["status"] == running]
    assert min(began) >= first
    calls = [each["jobs"] for each in stages[WINDOWED].events("together.called")]
    assert (sum(calls), max(calls)) == (_JOBS, _SIZE)
    assert len(calls) < _JOBS / 5


def _submit(cluster: Cluster, job_id: str, **fields: object) -> None:
    value = {"title": "ok", "delimiter": None, "source": {"content": b"a,b\n1,2\n"}, **fields}
    data = cluster.codec.encode("job-submitted", {"job_id": job_id, **value})
    cluster.produce("jobs.submitted", key=job_id.encode(), value=data)


def _open(cluster: Cluster, for_ms: int) -> int:
    """The window opens in all lanes, and closes by itself: when."""
    until = _now() + for_ms
    told = {"stage": WINDOWED, "open": True, "until": until, "next_at": None, "at": _now()}
    data = cluster.codec.encode("stage-window", told)
    for lane in range(cluster.catalog["stage-windows"].partitions):
        cluster.produce("stage-windows", key=WINDOWED.encode(), value=data, partition=lane)
    cluster.flush()
    return until


def _is_over_or_closed(cluster: Cluster, until: int) -> bool:
    return _now() > until or _is_over(cluster)


def _is_over(cluster: Cluster) -> bool:
    return cluster.outputs(WINDOWED).total() >= _JOBS + 1


def _now() -> int:
    return round(time.time() * 1000)
