"""The brokers are away, at the start and later: told, waited out, and gone on from."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from support.kafka.cluster import Cluster
from support.processes import Service
from support.statistics.instances import Instances, Said, all_summed
from support.statistics.workers import worker
from support.waiting import DEADLINE_SECONDS, wait_until

from localkafka import BrokerMissing, Node, running_brokers

pytestmark = [pytest.mark.broker, pytest.mark.slow]

#: Faust's client tries ten times a second, in several tasks, and has a word for each.
_MOST_LINES_A_SECOND = 50
_LENGTHS = (10_000, 300_000)


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    """The only broker of a cluster of its own."""
    try:
        with running_brokers(nodes=1, data_dir=tmp_path / "brokers") as brokers:
            yield brokers.nodes[0]
    except BrokerMissing as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))


@pytest.fixture
def cluster(node: Node) -> Cluster:
    return Cluster(node.address)


@pytest.fixture
def workers(cluster: Cluster, tmp_path: Path) -> Iterator[list[Service]]:
    """Three of them, none started."""
    three = [worker(cluster, tmp_path, name) for name in ("stays", "ends", "late")]
    yield three
    for each in three:
        each.close()


def test_brokers_that_are_away_are_told_of_and_waited_for(
    cluster: Cluster, node: Node, workers: list[Service]
) -> None:
    """Not ready, few lines, an end in time; and on it goes where it was, or begins at last."""
    # Given two workers that sum
    stays, ends, late = workers
    instances, said = Instances(cluster, each=1), Said(cluster)
    right = all_summed(instances, said, _LENGTHS, more=1)

    def told() -> str:
        return f"{said.done(10_000)} of {instances.done}\n{stays.tail()}"

    stays.start()
    ends.start()
    wait_until(right, told, pause_seconds=0.3)

    # When the only broker is gone, and a third one is started
    node.kill()
    since, lines = time.monotonic(), _lines(stays)
    late.start()

    # Then each says that it cannot work and why
    for each in workers:
        _wait_for(each, "Kafka does not answer")

    # And one that is told to end does so in order, and nobody floods the log
    assert ends.stop() == 0, ends.tail()
    assert _lines(stays) - lines < _MOST_LINES_A_SECOND * (time.monotonic() - since)

    # When the broker is back, then the same processes sum on, and are ready
    node.start()
    node.wait_until_answers()
    wait_until(right, told, pause_seconds=0.3)
    _wait_for(stays, "ready: ")
    _wait_for(late, "ready: ")
    assert [each.stop() for each in (stays, late)] == [0, 0]


def _wait_for(one: Service, words: str) -> None:
    """Wait until its /readyz says so, after a word of whether it is ready."""
    (started,) = one.wait_for_event("statistics.started")
    url = f"http://127.0.0.1:{started['port']}/readyz"

    def told() -> str:
        answer = httpx.get(url, timeout=DEADLINE_SECONDS)
        return ("ready: " if answer.is_success else "") + str(answer.json()["reason"])

    wait_until(lambda: words in told(), lambda: f"{told()}\n{one.tail()}", pause_seconds=0.2)


def _lines(one: Service) -> int:
    return len(one.log.read_text(encoding="utf-8").splitlines())
