"""A group's coordinator that is not there: whoever asks about the group lives on."""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.waiting import DEADLINE_SECONDS, wait_until

from headway.edges import kafka
from localkafka import BrokerKind, Node, RunningBroker, running_brokers

pytestmark = [pytest.mark.broker, pytest.mark.slow]

_TESTS = Path(__file__).parents[2]


@pytest.fixture
def node(broker: RunningBroker) -> Iterator[Node]:
    """A broker of its own, that nobody has asked for a group yet."""
    if broker.kind is not BrokerKind.JAVA:
        pytest.skip(f"this machine's broker runs via {broker.kind.value}")
    with running_brokers(nodes=1) as brokers:
        yield brokers.nodes[0]


class _Asking:
    """A process that asks about a group without end, and what it said."""

    def __init__(self, node: Node, topic: str, log: Path) -> None:
        self._log = log
        with log.open("wb") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "support.kafka.asking", node.address, "group", topic],
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=_TESTS,
            )

    def said(self) -> Counter[str]:
        """How often each line; it must be alive still."""
        said = self._log.read_text(encoding="utf-8")
        assert self._process.poll() is None, said[-2000:]
        return Counter(said.splitlines())

    def wait_for_more(self, *lines: str) -> None:
        before = self.said()
        wait_until(lambda: all(self.said()[line] > before[line] for line in lines))

    def end(self) -> int:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            return self._process.wait(DEADLINE_SECONDS)
        finally:
            self._process.kill()


def test_who_asks_about_a_group_outlives_its_coordinator(node: Node, tmp_path: Path) -> None:
    """It gets its answers on a cluster that never had a group, and again after a kill."""
    # Given a process that asks a cluster where no group has a coordinator yet
    topic = "asked"
    admin = kafka.admin_client({"bootstrap.servers": node.address})
    admin.create_topics([kafka.NewTopic(topic, num_partitions=2)])[topic].result(DEADLINE_SECONDS)
    asking = _Asking(node, topic, tmp_path / "asking.log")
    asking.wait_for_more("committed", "members")

    # When the broker is killed, stays away until questions were given up, and comes back
    node.kill()
    asking.wait_for_more("asks another")
    node.start()
    node.wait_until_answers()

    # Then it is answered again
    asking.wait_for_more("committed", "members")
    assert asking.end() == 0
