"""A thousand jobs in batches on a real broker: failures among them, and a kill in mid-batch."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.audit import faults
from support.kafka.cluster import Cluster
from support.processes import LATER_TRIES, Service
from support.waiting import wait_until

from localkafka import RunningBroker

pytestmark = pytest.mark.broker

_JOBS = 1000
_SIZE = 25
#: By the rest of their numbers; a job fails after three calls in place of `transient`.
_TITLES = {7: "p1:permanent:odd", 28: "p2:permanent:odd", 14: "p1:transient:3", 42: "p2:spoil:all"}


@pytest.fixture
def cluster(broker: RunningBroker) -> Cluster:
    return Cluster(broker.bootstrap_servers)


@pytest.fixture
def start(cluster: Cluster, tmp_path: Path) -> Iterator[Callable[..., Service]]:
    """Start a scripted stage that is handed batches."""
    started: list[Service] = []

    def start(stage: str, **settings: object) -> Service:
        told = {"object_store_url": "memory://", "session_timeout_ms": 3000, **LATER_TRIES}
        told |= {"batch": f"{_SIZE}:0.2", "transaction_timeout_ms": 3000, **settings}
        service = Service(
            f"support.stages.scripted_stage {stage}",
            environment=cluster.environment(instance_id=stage, **told),
            log=tmp_path / f"{stage}.log",
        )
        started.append(service.start())
        return service

    yield start
    for service in started:
        service.close()


def test_a_thousand_jobs_in_batches_end_once_each_through_a_kill_in_mid_batch(
    cluster: Cluster, start: Callable[..., Service], tmp_path: Path
) -> None:
    """Some are bad input, some fail and are tried later, some spoil the call they are in."""
    # Given both stages, handed batches, and a thousand jobs, of which one holds its batch
    gate = tmp_path / "gate"
    titles = {f"job-{number:04}": _title(number) for number in range(_JOBS)}
    titles["job-0500"] = f"p1:hold:{gate}"
    stages = [start("p1"), start("p2")]
    for job_id, title in titles.items():
        value = cluster.submission(job_id, title=title)
        cluster.produce("jobs.submitted", key=job_id.encode(), value=value)
    cluster.flush()

    # When the first stage is killed in the middle of that batch, with others done before
    cluster.wait_for_states(["job-0500"], "PROCESS_1_RUNNING")
    cluster.wait_for_outputs("p1", 200)
    stages[0].kill()
    gate.touch()
    stages[0].start()

    # Then every job has ended, those alone have failed that had to, and nothing is there twice
    wait_until(lambda: _ended(cluster) == _JOBS, stages[0].tail)
    assert faults(cluster, titles, failed=_failed(titles)) == []

    # And they were done in batches: how many are full is a matter of how fast jobs come
    for stage in stages:
        calls = [each["jobs"] for each in stage.events("together.called", whole_log=True)]
        assert max(calls) == _SIZE


def _title(number: int) -> str:
    return _TITLES.get(number % 50, "ok")


def _failed(titles: dict[str, str]) -> dict[str, str]:
    """The stage in which each has to fail."""
    wrong = ("permanent", "spoil")
    return {job_id: title[:2] for job_id, title in titles.items() if title[3:].startswith(wrong)}


def _ended(cluster: Cluster) -> int:
    letters = sum(len(cluster.read(stage.dead_letters)) for stage in cluster.pipeline.stages)
    return cluster.outputs(cluster.pipeline.stages[-1].name).total() + letters
