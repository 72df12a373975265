"""Partitions that change hands between real processes: nothing waits but what has to."""

import json
import re
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.kafka.cluster import Cluster
from support.processes import Service
from support.waiting import wait_until

from headway.edges import kafka

pytestmark = pytest.mark.broker

_PARTITIONS = 6
#: No broker ends a transaction while a test runs, however slow the machine.
_LONG_MS = 600_000


@pytest.fixture
def cluster(broker: Any) -> Cluster:
    """A namespace for each test: what one leaves behind is nobody's."""
    return Cluster(broker.bootstrap_servers)


@pytest.fixture
def start_stage(cluster: Cluster, tmp_path: Path) -> Iterator[Callable[..., Service]]:
    """Start a scripted p1 in that namespace."""
    started: list[Service] = []

    def start(instance: str, **settings: object) -> Service:
        environment = cluster.environment(
            instance_id=instance,
            object_store_url="memory://",
            **{"session_timeout_ms": 3000, "transaction_timeout_ms": 3000, **settings},
        )
        service = Service(
            "support.stages.scripted_stage p1",
            environment=environment,
            log=tmp_path / f"{instance}.log",
        )
        started.append(service.start())
        return service

    yield start
    for service in started:
        service.close()


def _give(cluster: Cluster, partition: int, *job_ids: str, title: str = "ok") -> None:
    for job_id in job_ids:
        value = cluster.submission(job_id, title=title)
        cluster.produce("jobs.submitted", key=job_id.encode(), value=value, partition=partition)
    cluster.flush()


def _outputs(cluster: Cluster) -> Counter[str]:
    return Counter((record.key or b"").decode() for record in cluster.read("jobs.p1-done"))


def _assigned(*services: Service) -> dict[int, Service]:
    """Who was the last to be given each partition."""
    found = [
        (event["at"], index, service)
        for service in services
        for event in service.events("partitions.assigned")
        for index in event["partitions"]
    ]
    return {index: service for _, index, service in sorted(found, key=lambda item: item[0])}


def _asked(service: Service, path: str) -> str:
    port = service.events("stage.started")[-1]["port"]
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}") as answer:
            return str(answer.read().decode())
    except urllib.error.HTTPError as error:
        return str(error.read().decode())


def _in_flight(service: Service) -> float:
    found = re.search(
        r'^headway_in_flight\{stage="p1"\} (\S+)', _asked(service, "/metrics"), re.MULTILINE
    )
    return float(found[1]) if found else 0.0


def _reason(service: Service) -> str:
    return str(json.loads(_asked(service, "/readyz"))["reason"])


def _commit(cluster: Cluster, partition: int, offset: int) -> None:
    """Move a group without members, as a tool does."""
    consumer = kafka.consumer(cluster.options, group_id=cluster.prefix + "p1")
    name = cluster.catalog["jobs.submitted"].name
    place = kafka.TopicPartition(name, partition, offset)
    consumer.commit(offsets=[place], asynchronous=False)
    consumer.close()


def test_what_a_dead_owner_left_open_holds_up_no_other_partition(
    cluster: Cluster, start_stage: Callable[..., Service]
) -> None:
    """The heir asks for what is committed beside its work, for each partition by itself."""
    # Given two instances, one of which stops just before it commits its first frame
    heir = start_stage("heir")
    heir.wait_for_event("partition.loaded", count=_PARTITIONS)
    stopping = start_stage("stopping", stop_before="commit", transaction_timeout_ms=_LONG_MS)
    wait_until(lambda: set(_assigned(heir, stopping).values()) == {heir, stopping})
    owners = _assigned(heir, stopping)
    theirs = min(index for index, owner in owners.items() if owner is stopping)
    ours = min(index for index, owner in owners.items() if owner is heir)
    _give(cluster, theirs, "cut")
    stopping.wait_until_stopped()

    # When its session is over and the heir is given its partitions
    wait_until(lambda: set(_assigned(heir, stopping).values()) == {heir})
    wait_until(lambda: "asking for the committed offsets" in _reason(heir))

    # Then jobs of the heir's own partition are done while that transaction is open
    _give(cluster, ours, *(f"on-{number}" for number in range(20)))
    wait_until(lambda: sum(_outputs(cluster).values()) >= 20, lambda: _outputs(cluster))
    assert "asking for the committed offsets" in _reason(heir)

    # And the job that was cut is done, once, when that is ended: by the next process of its name
    stopping.kill()
    again = start_stage("stopping")
    wait_until(lambda: _outputs(cluster)["cut"], lambda: _outputs(cluster))
    assert set(_outputs(cluster).values()) == {1}
    again.stop()
    heir.stop()


def test_a_commit_behind_the_end_of_the_log_loses_no_job_and_does_none_twice(
    cluster: Cluster, start_stage: Callable[..., Service]
) -> None:
    """As after a restore of an older log: it is said, and the index knows what is over."""
    # Given a partition with jobs that are done, and one that nobody has begun
    _give(cluster, 3, "done-1", "done-2")
    service = start_stage("before")
    cluster.wait_for_states(["done-1", "done-2"], "PROCESS_1_DONE")
    service.stop()
    _give(cluster, 3, "waiting")
    _commit(cluster, 3, 5000)

    # When a stage takes over behind the end of that log
    service = start_stage("after")
    cluster.wait_for_states(["waiting"], "PROCESS_1_DONE")

    # Then it says so, and every job has one output
    (event,) = service.events("offsets.reset")
    assert (event["partition"], event["committed"]) == (3, 5000)
    assert _outputs(cluster) == {"done-1": 1, "done-2": 1, "waiting": 1}
    wait_until(lambda: cluster.committed("p1")[3].offset < 5000)
    service.stop()


def test_a_small_buffer_holds_when_a_peer_is_killed(
    cluster: Cluster, start_stage: Callable[..., Service]
) -> None:
    """Partitions that are taken over bring no more than there is room for."""
    # Given two instances with a small buffer, and many slow jobs
    for index in range(_PARTITIONS):
        _give(cluster, index, *(f"slow-{index}-{n}" for n in range(60)), title="sleep:0.05")
    small = {"buffer_records": 5, "concurrency": 2}
    stays = start_stage("stays", **small)
    stays.wait_for_event("partition.loaded", count=_PARTITIONS)
    dies = start_stage("dies", **small)
    wait_until(lambda: len(set(_assigned(stays, dies).values())) == 2)
    wait_until(lambda: _in_flight(stays) == 5)

    # When one is killed and the other takes its partitions over
    dies.kill()
    most = []

    def taken_over() -> bool:
        most.append(_in_flight(stays))
        return set(_assigned(stays, dies).values()) == {stays}

    wait_until(taken_over)
    loaded = len(stays.events("partition.loaded"))
    for _ in range(200):
        most.append(_in_flight(stays))
        if len(stays.events("partition.loaded")) > loaded + 2:
            break

    # Then it never had more in hand than its buffer holds
    assert max(most) <= 5
    stays.stop()
