"""Held jobs on a real broker: let go once, by commands and by a window, whoever is killed."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.holding.calendar import OFF_PEAK, WINDOWED
from support.kafka.cluster import Cluster
from support.kafka.payloads import given
from support.processes import Service
from support.waiting import wait_until

from headway.base.clock import SystemClock
from headway.wire.codec import Codec
from headway.wire.commands import RELEASE

pytestmark = pytest.mark.broker

_HOUR_MS = 3_600_000
_LANES = 3
_JOBS = [(f"job-{number}", number % _LANES) for number in range(60)]
_IDS = [job_id for job_id, _ in _JOBS]


@pytest.fixture
def cluster(broker: Any) -> Cluster:
    """A namespace of its own."""
    return Cluster(broker.bootstrap_servers)


@pytest.fixture
def start(cluster: Cluster, tmp_path: Path) -> Iterator[Callable[..., Service]]:
    """Start an instance of a scripted stage."""
    started: list[Service] = []

    def start(stage: str, instance: str) -> Service:
        told: dict[str, object] = {"session_timeout_ms": 3000, "transaction_timeout_ms": 3000}
        environment = cluster.environment(
            instance_id=instance, object_store_url="memory://", concurrency=2, **told
        )
        program = f"support.stages.scripted_stage {stage}"
        service = Service(program, environment=environment, log=tmp_path / f"{instance}.log")
        started.append(service.start())
        return service

    yield start
    for service in started:
        service.close()


def test_what_is_let_go_is_done_once_though_its_stage_is_killed(
    cluster: Cluster, start: Callable[..., Service]
) -> None:
    """Commands are given twice, and their owner is killed between them: one output for each job."""
    # Given jobs that are held for an hour
    first, later = start("p1", "first"), SystemClock().now_ms() + _HOUR_MS
    _give(cluster, "p1", title="sleep:0.05", not_before=later)
    cluster.wait_for_states(_IDS, "SCHEDULED")
    assert cluster.outputs("p1").total() == 0

    # When all are let go, their owner is killed with some at work, and they are let go again
    _release(cluster, "p1")
    cluster.wait_for_outputs("p1", 5)
    start("p1", "second")
    first.kill()
    _release(cluster, "p1")

    # Then each is done once, and stays done
    cluster.wait_for_states(_IDS, "PROCESS_1_DONE")
    _wait_until_commands_are_done(cluster)
    assert cluster.outputs("p1") == dict.fromkeys(_IDS, 1)


def test_a_window_lets_go_what_waits_in_its_lane_though_its_stage_is_killed(
    cluster: Cluster, start: Callable[..., Service]
) -> None:
    """Each lane is opened for itself; what waits in others waits on, and what is over is closed."""
    # Given jobs that wait for a window
    first = start(WINDOWED, "first")
    _give(cluster, WINDOWED, title="sleep:0.05", tags=OFF_PEAK)
    cluster.wait_for_states(_IDS, "SCHEDULED")

    # When one lane is opened for an hour, another was open until now, and their owner is killed
    now = SystemClock().now_ms()
    _open(cluster, 0, until=now + _HOUR_MS)
    _open(cluster, 1, until=now)
    cluster.wait_for_outputs(WINDOWED, 3)
    start(WINDOWED, "second")
    first.kill()

    # Then what lies in the first is done, once, and all else is held
    mine = [job_id for job_id, lane in _JOBS if lane == 0]
    wait_until(lambda: len(cluster.outputs(WINDOWED)) == len(mine), cluster.newest_states)
    cluster.wait_for_states(mine, "COMPLETED")
    assert cluster.outputs(WINDOWED) == dict.fromkeys(mine, 1)
    others = [job_id for job_id in _IDS if job_id not in mine]
    cluster.wait_for_states(others, "SCHEDULED")


def _give(cluster: Cluster, stage: str, **changed: Any) -> None:
    source = cluster.pipeline.stage(stage).source
    for job_id, lane in _JOBS:
        value = given(stage, job_id, **changed)
        cluster.produce(source, key=job_id.encode(), value=value, partition=lane)
    cluster.flush()


def _release(cluster: Cluster, stage: str) -> None:
    for job_id, lane in _JOBS:
        command = {"command_id": job_id, "kind": RELEASE, "job_id": job_id, "attempt": 1}
        value = Codec().encode("job-command", {**command, "stage": stage, "by": ""})
        cluster.produce("job-commands", key=job_id.encode(), value=value, partition=lane)
    cluster.flush()


def _open(cluster: Cluster, lane: int, *, until: int) -> None:
    said = {"stage": WINDOWED, "open": True, "until": until, "next_at": None, "by": "", "at": 1}
    value = Codec().encode("stage-window", said)
    cluster.produce("stage-windows", key=WINDOWED.encode(), value=value, partition=lane)
    cluster.flush()


def _wait_until_commands_are_done(cluster: Cluster) -> None:
    """Until each of the second commands has been told that there is nothing to let go."""

    def refused() -> set[str]:
        results = cluster.decoded("command-results")
        return {told["job_id"] for told in results if not told["accepted"]}

    wait_until(lambda: refused() == set(_IDS), lambda: len(refused()))
