"""Several brokers as Java processes of this machine: one cluster whose nodes may be lost."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from localkafka.cluster import new_cluster_id
from localkafka.home import Home, home_at
from localkafka.jars import kafka_jars
from localkafka.jvm import Jvm, find_java
from localkafka.lock import locked
from localkafka.node import Node
from localkafka.ports import Ports, steady_ports
from localkafka.process import GRACE_SECONDS
from localkafka.properties import node_properties


@dataclass(frozen=True, slots=True)
class RunningBrokers:
    """A cluster for as long as the context that gave it is open; its nodes are for anyone to lose.

    Three nodes: every topic has three replicas, two acknowledge a write.
    """

    nodes: tuple[Node, ...]

    @property
    def bootstrap_servers(self) -> str:
        return ",".join(node.address for node in self.nodes)

    def wait_until_whole(self) -> None:
        """Block until every node answers and knows all the others.

        Raises:
            BrokerFailed: one ended, or they did not within three minutes.
        """
        for node in self.nodes:
            node.wait_until_answers(brokers=len(self.nodes))


def _say_nothing(_: str) -> None: ...


@contextmanager
def running_brokers(
    *,
    nodes: int,
    data_dir: Path | None = None,
    environ: Mapping[str, str] | None = None,
    tell: Callable[[str], None] = _say_nothing,
) -> Iterator[RunningBrokers]:
    """Run *nodes* brokers as Java processes, whatever else could run one. Blocks.

    Each is broker and controller; *data_dir* keeps their data and ports between runs.

    Raises:
        BrokerMissing: no Java, or no jars and no way to fetch them.
        BrokerFailed: one did not start, or others run in *data_dir*.
    """
    environ = os.environ if environ is None else environ
    jvm = Jvm(find_java(environ), kafka_jars(environ, tell))
    with ExitStack() as stack:
        paths = [data_dir / f"node-{number}" if data_dir else None for number in _ids(nodes)]
        homes = [stack.enter_context(home_at(path)) for path in paths]
        locks = [
            stack.enter_context(locked(home.lock_file, timeout_seconds=GRACE_SECONDS))
            for home in homes
        ]
        tell(f"starting {nodes} nodes ...")
        ports = _settled(jvm, homes)
        running = RunningBrokers(
            tuple(
                Node(jvm, home, own, scratch=data_dir is None, lock=lock)
                for home, own, lock in zip(homes, ports, locks, strict=True)
            )
        )
        stack.callback(_stop, running.nodes)
        for node in running.nodes:
            node.start()
        running.wait_until_whole()
        yield running


def _settled(jvm: Jvm, homes: Sequence[Home]) -> list[Ports]:
    """Write every node's settings and format every home that is new; their ports."""
    kept = [home.kept_ports() for home in homes]
    fresh = iter(steady_ports(2 * len(homes)))
    ports = [found or Ports(next(fresh), next(fresh)) for found in kept]
    cluster_id = new_cluster_id()

    def settle(number: int, home: Home) -> None:
        home.write_properties(node_properties(number, ports))
        home.format(jvm, cluster_id)

    with ThreadPoolExecutor(len(homes)) as threads:
        list(threads.map(settle, _ids(len(homes)), homes))
    return ports


def _stop(nodes: Sequence[Node]) -> None:
    """End all at once: the last of them cannot leave a quorum in order."""
    with ThreadPoolExecutor(len(nodes)) as threads:
        list(threads.map(Node.stop, nodes))


def _ids(count: int) -> range:
    return range(1, count + 1)
