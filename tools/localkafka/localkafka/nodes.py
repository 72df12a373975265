"""Several brokers as Java processes of this machine: one cluster whose nodes may be lost."""

import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from localkafka.broker import BrokerFailed, new_cluster_id, tail, wait_until_answers
from localkafka.home import Home, home_at
from localkafka.jvm import Jvm, find_java, kafka_jars
from localkafka.ports import Ports, steady_ports
from localkafka.process import GRACE_SECONDS, SupervisedProcess, locked
from localkafka.properties import NODE_OPTIONS, node_properties

#: A node that was killed reads its last segments again; several share two busy cores.
_START_TIMEOUT_SECONDS: Final = 180.0


class Node:
    """A broker and controller as a Java process; ports and data outlive it. For one thread."""

    def __init__(self, jvm: Jvm, home: Home, ports: Ports, *, scratch: bool, lock: int) -> None:
        self.home = home
        self.address = f"127.0.0.1:{ports.clients}"
        self._jvm = jvm
        self._scratch = scratch
        self._lock = lock
        self._process: SupervisedProcess | None = None
        self._paused = False

    @property
    def running(self) -> bool:
        """Whether its process lives, stopped by SIGSTOP or not."""
        return self._process is not None and self._process.exit_code is None

    @property
    def paused(self) -> bool:
        return self._paused

    def start(self) -> None:
        """Start the process on what it left; does not wait until it answers."""
        self._process = SupervisedProcess(
            self._jvm.command("kafka.Kafka", str(self.home.properties_file), options=NODE_OPTIONS),
            log_file=self.home.log_file,
            working_dir=self.home.path,
            scratch=self.home.path if self._scratch else None,
            held_descriptor=self._lock,
        )

    def wait_until_answers(self, *, brokers: int = 1) -> None:
        """Block until it answers and knows *brokers* of its cluster, itself included.

        Raises:
            BrokerFailed: it ended, or did not within three minutes.
        """
        if not wait_until_answers(
            self.address,
            timeout_seconds=_START_TIMEOUT_SECONDS,
            hopeless=lambda: not self.running,
            brokers=brokers,
        ):
            raise BrokerFailed(
                f"Kafka did not start; the end of {self.home.log_file}:{tail(self.home.said())}"
            )

    def kill(self) -> None:
        """SIGKILL, as a machine that is lost; blocks until nothing of it is left."""
        self._started.signal(signal.SIGKILL)
        self._started.wait()
        self._paused = False

    def pause(self) -> None:
        """SIGSTOP: connections stay open and nothing is answered."""
        self._started.signal(signal.SIGSTOP)
        self._paused = True

    def resume(self) -> None:
        """SIGCONT."""
        self._started.signal(signal.SIGCONT)
        self._paused = False

    def stop(self) -> None:
        """End it whatever its state is, in order if it can. Blocks."""
        if self._process is not None:
            self._process.stop()

    @property
    def _started(self) -> SupervisedProcess:
        if self._process is None:
            raise BrokerFailed(f"{self.address} was not started")
        return self._process


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
