"""What every broker we start is, and is told: written once, rendered for each way it runs.

The files that name its release to Maven and to Docker lie in the repository, outside any code.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final

from localkafka.broker import BrokerMissing
from localkafka.ports import Ports

KAFKA_VERSION: Final = "4.3.1"
IMAGE: Final = f"apache/kafka:{KAFKA_VERSION}"

_FOLDER: Final = Path(__file__).parents[3] / "deploy"


def deployment_file(name: str) -> Path:
    """The path of *name* below `deploy/`.

    Raises:
        BrokerMissing: the package is installed without the repository.
    """
    path = _FOLDER / name
    if not path.is_file():
        raise BrokerMissing(
            f"{path} is not there: brokers are started from a checkout of the repository only; "
            "elsewhere set KAFKA_BOOTSTRAP_SERVERS",
        )
    return path


#: The settings that do not depend on how the broker runs: one small node that loses nothing a
#: test looks for and makes nobody wait.
SETTINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.listener.names": "CONTROLLER",
        # Topics are declared: a misspelt name fails instead of making one.
        "auto.create.topics.enable": "false",
        # There is one node to replicate to.
        "offsets.topic.replication.factor": "1",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        # 50 partitions each by default: seconds of file making at the first commit.
        "offsets.topic.num.partitions": "8",
        "transaction.state.log.num.partitions": "8",
        # A first member waits 3 s for others by default.
        "group.initial.rebalance.delay.ms": "0",
        # The default, 6 s, is the least a test of a lost member would have to wait.
        "group.min.session.timeout.ms": "1000",
        # Transactions of killed processes are looked for every 10 s by default.
        "transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000",
        # Compaction and retention within seconds of a segment's end (15 s, 50 %, 5 min).
        "log.cleaner.backoff.ms": "1000",
        "log.cleaner.min.cleanable.ratio": "0.1",
        "log.retention.check.interval.ms": "5000",
        "log.initial.task.delay.ms": "1000",
        # What is deleted stays on the heap and the disk for a minute by default.
        "log.segment.delete.delay.ms": "1000",
        # 128 MB of the heap by default; 16 MB still hold 600,000 keys a pass.
        "log.cleaner.dedupe.buffer.size": str(16 * 1024 * 1024),
    },
)

#: Enough for thousands of jobs in flight; the serial collector needs no threads of its own.
JVM_HEAP: Final = ("-Xms256m", "-Xmx512m")
#: A node of several: enough for thousands of jobs in flight, and three of them fit anywhere. One
#: compiler less: they start again and again on cores that others need.
NODE_OPTIONS: Final = ("-Xms128m", "-Xmx256m", "-XX:TieredStopAtLevel=1")
JVM_COLLECTOR: Final = "-XX:+UseSerialGC"

#: Ports inside a container: for clients outside it, for the broker itself and other
#: containers, for the controller.
CONTAINER_PORT: Final = 9092
_CONTAINER_INTERNAL_PORT: Final = 19092
_CONTAINER_CONTROLLER_PORT: Final = 9093


def local_properties(*, port: int, controller_port: int) -> dict[str, str]:
    """Settings of a process on this machine that serves this machine only."""
    return {
        **SETTINGS,
        "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}",
        "controller.quorum.voters": f"1@127.0.0.1:{controller_port}",
        # Relative to the working directory, so that no path needs escaping.
        "log.dirs": "kafka",
    }


def node_properties(node_id: int, nodes: Sequence[Ports]) -> dict[str, str]:
    """Settings of node *node_id* (from 1) of several that serve this machine only.

    With three, every topic has three replicas and a write is acknowledged by two: one node may be
    away at any time.
    """
    own, count = nodes[node_id - 1], len(nodes)
    replicas, acknowledged = str(min(count, 3)), str(max(min(count, 3) - 1, 1))
    return {
        **local_properties(port=own.clients, controller_port=own.controller),
        "node.id": str(node_id),
        "controller.quorum.voters": ",".join(
            f"{number}@127.0.0.1:{ports.controller}" for number, ports in enumerate(nodes, 1)
        ),
        # A silent node is left out after this (9 s by default), and begins to be only when a new
        # controller, if it was that, has been found; then clients find the new leaders: within 15 s
        # in all the work goes on.
        "broker.session.timeout.ms": "3000",
        "broker.heartbeat.interval.ms": "500",
        "default.replication.factor": replicas,
        "min.insync.replicas": acknowledged,
        "offsets.topic.replication.factor": replicas,
        "transaction.state.log.replication.factor": replicas,
        "transaction.state.log.min.isr": acknowledged,
        "share.coordinator.state.topic.replication.factor": replicas,
        "share.coordinator.state.topic.min.isr": acknowledged,
    }


def container_environment() -> dict[str, str]:
    """Environment of an `apache/kafka` container; what it advertises is added by its starter."""
    properties = {
        **SETTINGS,
        "listeners": f"HOST://:{CONTAINER_PORT},INTERNAL://:{_CONTAINER_INTERNAL_PORT},"
        f"CONTROLLER://:{_CONTAINER_CONTROLLER_PORT}",
        "listener.security.protocol.map": "HOST:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT",
        # The broker writes its transactions' markers to itself: by an address that is right
        # inside the container.
        "inter.broker.listener.name": "INTERNAL",
        "controller.quorum.voters": f"1@localhost:{_CONTAINER_CONTROLLER_PORT}",
        "log.dirs": "/var/lib/kafka/data",
    }
    environment = {environment_name(name): value for name, value in properties.items()}
    environment["KAFKA_HEAP_OPTS"] = " ".join(JVM_HEAP)
    environment["KAFKA_JVM_PERFORMANCE_OPTS"] = JVM_COLLECTOR
    return environment


def container_advertised(*, outside: str, inside: str) -> str:
    """The addresses clients are sent to: *outside* is host:port, *inside* a host name."""
    return f"HOST://{outside},INTERNAL://{inside}:{_CONTAINER_INTERNAL_PORT}"


def environment_name(setting: str) -> str:
    """The variable the image turns back into *setting*."""
    escaped = setting.replace("_", "__").replace("-", "___").replace(".", "_")
    return f"KAFKA_{escaped.upper()}"


def render_properties(properties: Mapping[str, str]) -> str:
    """The text of a server.properties; values must be plain ASCII."""
    return "".join(f"{name}={value}\n" for name, value in properties.items())
