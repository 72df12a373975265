"""The order of a key on a real broker, through retries, a crash and a rebalance."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.kafka.cluster import Cluster
from support.kafka.payloads import given
from support.processes import Service
from support.waiting import wait_until

pytestmark = pytest.mark.broker

#: A job fails for good in place after three calls of this many; it is done when it comes again.
_ONCE = "transient:3"


@pytest.fixture
def cluster(broker: Any) -> Cluster:
    """A namespace of its own."""
    return Cluster(broker.bootstrap_servers)


@pytest.fixture
def start(cluster: Cluster, tmp_path: Path) -> Iterator[Callable[..., Service]]:
    """Start a scripted p1 whose ordering is `key`."""
    started: list[Service] = []

    def start(instance: str, **settings: object) -> Service:
        told = {
            "ordering": "key",
            "object_store_url": "memory://",
            "session_timeout_ms": 3000,
            "transaction_timeout_ms": 3000,
            "retry_tries": 9,
            **settings,
        }
        environment = cluster.environment(instance_id=instance, **told)
        log = tmp_path / f"{instance}.log"
        service = Service("support.stages.scripted_stage p1", environment=environment, log=log)
        started.append(service.start())
        return service

    yield start
    for service in started:
        service.close()


def test_a_key_keeps_its_order_through_a_crash_and_other_keys_go_on(
    cluster: Cluster, start: Callable[..., Service]
) -> None:
    """Jobs of one customer end as submitted, each once; others do not wait for its retries."""
    # Given customers A, whose every third job fails once, and B, in one partition
    first = start("first", retry_delays="3,3,3")
    mine, others = [f"a{n:02}" for n in range(6)], [f"b{n:02}" for n in range(6)]
    for number, (job_id, other) in enumerate(zip(mine, others, strict=True)):
        _give(cluster, job_id, "A", _ONCE if number % 3 == 0 else "ok")
        _give(cluster, other, "B", "ok")
    cluster.flush()

    # When the first of A rests, and its owner is killed with another instance at hand
    cluster.wait_for_states(["a00"], "RETRY_SCHEDULED")
    start("second", retry_delays="0.1,0.1,0.1")
    first.kill()

    # Then all are done, those of A in their order, those of B before the first of A
    wait_until(lambda: cluster.outputs("p1").total() == 12, lambda: cluster.outputs("p1"))
    done = [(record.key or b"").decode() for record in cluster.read("jobs.p1-done")]
    assert [job_id for job_id in done if job_id in mine] == mine
    assert [job_id for job_id in done if job_id in others] == others
    assert done.index(others[-1]) < done.index(mine[0])

    # And what the heir met goes on with the tries it had
    state = cluster.newest_states()["a00"]
    told = [step["status"] for step in state["timeline"]]
    assert told.count("RETRY_SCHEDULED") >= 1
    assert told[-1] == "PROCESS_1_DONE"


def _give(cluster: Cluster, job_id: str, order_key: str, title: str) -> None:
    value = given("p1", job_id, title=title, order_key=order_key)
    cluster.produce("jobs.submitted", key=job_id.encode(), value=value, partition=0)
