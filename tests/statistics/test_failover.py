"""A worker that is killed: others go on, and the sums are those of a plain count."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.kafka.cluster import Cluster
from support.processes import Service
from support.statistics.instances import Instances, Said, all_summed
from support.statistics.workers import worker
from support.waiting import wait_until

from localkafka import RunningBroker

pytestmark = pytest.mark.broker

_LENGTHS = (10_000, 300_000)


@pytest.fixture
def cluster(broker: RunningBroker) -> Cluster:
    return Cluster(broker.bootstrap_servers)


@pytest.fixture
def workers(cluster: Cluster, tmp_path: Path) -> Iterator[list[Service]]:
    """Two of them, which share six stages."""
    both = [worker(cluster, tmp_path, name).start() for name in ("a", "b")]
    yield both
    for each in both:
        each.close()


def test_sums_are_those_of_a_plain_count_although_a_worker_is_killed(
    cluster: Cluster, workers: list[Service]
) -> None:
    """Whoever goes on neither misses nor doubles what it had summed."""
    # Given two workers, and instances that report
    instances, said = Instances(cluster, each=3), Said(cluster)

    def summed(more: int) -> bool:
        instances.report(more)
        return all(set(said.done(length)) == set(instances.stages) for length in _LENGTHS)

    wait_until(lambda: summed(5), workers[0].tail, pause_seconds=0.3)
    for _ in range(3):
        instances.report(7)

    # When one is killed in the middle of it, and instances go on
    workers[0].kill()
    for more in range(5):
        instances.report(more)

    # Then all that was done is summed, once
    right = all_summed(instances, said, _LENGTHS, more=0)
    told = lambda: f"{said.done(10_000)} of {instances.done}\n{workers[1].tail()}"  # noqa: E731
    wait_until(right, told, pause_seconds=0.5)

    # And the one that is left ends when it is told to
    assert workers[1].stop() == 0
