"""Several nodes of this machine: any one of them may be lost, and comes back with its data."""

import json
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from uuid import uuid4

import pytest
from support.waiting import DEADLINE_SECONDS, wait_until

from headway.declared.catalog import Catalog
from headway.edges import kafka
from headway.edges.admin import Questions, ends
from headway.topics.differences import differences
from headway.topics.provisioning import ensure_topics
from headway.topics.topology import found, misfit
from localkafka import BrokerKind, Node, RunningBroker, RunningBrokers, running_brokers
from localkafka.ports import Ports
from localkafka.properties import SETTINGS, node_properties

pytestmark = [pytest.mark.broker, pytest.mark.slow]

#: Refused connections and silent ones are what these tests are about.
_SILENT = {"logger": logging.getLogger(__name__), "socket.timeout.ms": 3000}


@pytest.fixture(scope="module")
def brokers(broker: RunningBroker) -> Iterator[RunningBrokers]:
    """Three nodes, where this machine's broker is a local process too."""
    if broker.kind is not BrokerKind.JAVA:
        pytest.skip(f"this machine's broker runs via {broker.kind.value}")
    with running_brokers(nodes=3) as running:
        yield running


@pytest.fixture
def topic(brokers: RunningBrokers) -> str:
    """A topic with whatever replication the cluster gives."""
    name = str(uuid4())
    admin = kafka.admin_client({"bootstrap.servers": brokers.bootstrap_servers, **_SILENT})
    admin.create_topics([kafka.NewTopic(name, num_partitions=3)])[name].result(DEADLINE_SECONDS)
    return name


def write(brokers: RunningBrokers, topic: str, value: bytes) -> None:
    """Wait until every partition has acknowledged *value*."""
    producer = kafka.producer({"bootstrap.servers": brokers.bootstrap_servers, **_SILENT})
    errors: list[object] = []
    for partition in range(3):
        producer.produce(
            topic, value, partition=partition, on_delivery=lambda error, _: errors.append(error)
        )
    assert producer.flush(DEADLINE_SECONDS) == 0
    assert errors == [None] * 3


def replicas_in_sync(node: Node, topic: str) -> list[int]:
    """How many replicas of each partition are in sync, as *node* tells."""
    admin = kafka.admin_client({"bootstrap.servers": node.address, **_SILENT})
    told = admin.list_topics(topic, timeout=DEADLINE_SECONDS).topics[topic]
    return sorted(len(partition.isrs) for partition in told.partitions.values())


def test_a_node_is_told_of_all_and_asks_for_what_their_number_allows() -> None:
    """Three nodes replicate to three and acknowledge by two; one alone is as every broker."""
    # Given the ports of three nodes
    ports = [Ports(1, 2), Ports(3, 4), Ports(5, 6)]

    # When the settings of the second of them are made, and those of one alone
    second, alone = node_properties(2, ports), node_properties(1, ports[:1])

    # Then the second knows all three and wants records on two; the other is as every broker
    assert second["node.id"] == "2"
    assert second["listeners"] == "PLAINTEXT://127.0.0.1:3,CONTROLLER://127.0.0.1:4"
    assert second["controller.quorum.voters"] == "1@127.0.0.1:2,2@127.0.0.1:4,3@127.0.0.1:6"
    assert (second["default.replication.factor"], second["min.insync.replicas"]) == ("3", "2")
    assert {name: alone[name] for name in SETTINGS} == dict(SETTINGS)


def test_writes_go_on_without_a_killed_node_and_it_catches_up(
    brokers: RunningBrokers, topic: str
) -> None:
    """Two of three acknowledge; the third comes back to its port and its data."""
    # Given three nodes with a record
    lost, *others = brokers.nodes
    write(brokers, topic, b"before")

    # When one is killed, and a record written
    lost.kill()
    write(brokers, topic, b"without it")

    # Then the other two are in sync; and the one, started again, catches up
    assert not lost.running
    wait_until(lambda: replicas_in_sync(others[0], topic) == [2, 2, 2])
    lost.start()
    brokers.wait_until_whole()
    wait_until(lambda: replicas_in_sync(lost, topic) == [3, 3, 3])


def test_writes_go_on_without_a_stopped_node_and_it_catches_up(
    brokers: RunningBrokers, topic: str
) -> None:
    """A node that only stands still is left out as well, and comes back when it goes on."""
    # Given three nodes
    lost, *others = brokers.nodes

    # When one stands still until it is out of sync, and a record is written
    lost.pause()
    wait_until(lambda: replicas_in_sync(others[0], topic) == [2, 2, 2])
    write(brokers, topic, b"without it")

    # Then it still stands; and going on, it catches up
    assert lost.paused
    lost.resume()
    wait_until(lambda: replicas_in_sync(others[1], topic) == [3, 3, 3])


def test_topics_on_three_brokers_have_three_copies_unasked(brokers: RunningBrokers) -> None:
    """Two of which have a record before it counts; a deployment that says so is content."""
    # Given three nodes, and topics declared without a number of copies
    options: kafka.Options = {"bootstrap.servers": brokers.bootstrap_servers, **_SILENT}
    catalog = Catalog.load(f"{uuid4()}.")

    # When the topics are made
    ensure_topics(options, catalog)

    # Then each has three copies, two of which must have a record, and fits who declares just that
    cluster = found(kafka.admin_client(options), catalog)
    assert {topic.copies for topic in cluster.topics.values()} == {3}
    in_sync = {topic.config["min.insync.replicas"] for topic in cluster.topics.values()}
    assert in_sync == {"2"}
    topics = {
        name: replace(topic, replication_factor=3, min_insync_replicas=2)
        for name, topic in catalog.topics.items()
    }
    assert differences(topics.values(), cluster) == []


def test_questions_are_answered_whichever_node_is_away(brokers: RunningBrokers) -> None:
    """A client asks the controller it once knew, for minutes; so one that fails is replaced."""
    # Given questions about topics that fit, asked of three nodes
    options: kafka.Options = {"bootstrap.servers": brokers.bootstrap_servers, **_SILENT}
    catalog, questions = Catalog.load(f"{uuid4()}."), Questions(options)
    ensure_topics(options, catalog)
    ask = partial(misfit, catalog=catalog, seconds=5)
    # A node learns of new topics from the controller's log, when it gets to it.
    wait_until(lambda: questions.ask(ask) is None)

    for lost in brokers.nodes:
        # When one after another is killed
        lost.kill()

        # Then they are answered, after as few questions as a watch asks before it says so
        assert any(_answered(questions, ask) for _ in range(5))
        lost.start()
        brokers.wait_until_whole()


def test_a_question_about_a_node_that_is_away_asks_for_no_connection_without_pause(
    brokers: RunningBrokers, topic: str
) -> None:
    """It has its pauses; without them it costs a core of who asks, while a broker is away."""
    # Given a client that knows every node, and what it tells of itself
    told = _Told()

    def told_since(moment: float) -> bool:
        admin.poll(0.1)
        return told.at > moment

    options: kafka.Options = {"bootstrap.servers": brokers.bootstrap_servers, **_SILENT}
    own = {"statistics.interval.ms": 100, "stats_cb": told.note}
    admin, places = kafka.admin_client(options | own), [(topic, p) for p in range(3)]

    def ask() -> int:
        with suppress(kafka.KafkaException):
            return len(ends(admin, places, kafka.IsolationLevel.READ_UNCOMMITTED))
        return 0

    wait_until(lambda: ask() == 3)
    lost = brokers.nodes[0]
    since = told.attempts.get(lost.address, 0)

    # When one is lost, and the client asked about the partitions it led
    lost.kill()
    ask()
    asked = time.time()

    # Then it has tried to reach it, and not much more often than once a second
    wait_until(lambda: told_since(asked) and told.attempts[lost.address] > since)
    assert told.attempts[lost.address] - since < 50
    lost.start()
    brokers.wait_until_whole()


class _Told:
    """What a client has told of itself: when, and how often it has tried to reach each node."""

    def __init__(self) -> None:
        self.at = 0
        self.attempts: dict[str, int] = {}

    def note(self, statistics: str) -> None:
        newest = json.loads(statistics)
        self.at = newest["time"]
        nodes = newest["brokers"].values()
        self.attempts.update({node["nodename"]: node["connects"] for node in nodes})


def _answered(questions: Questions, ask: Callable[[kafka.AdminClient], str | None]) -> bool:
    try:
        return questions.ask(ask) is None
    except kafka.KafkaException:
        return False


def test_one_node_alone_comes_back_with_its_data(broker: RunningBroker) -> None:
    """After SIGKILL the only broker has the same address and the same topics."""
    # Given a single node with a topic
    if broker.kind is not BrokerKind.JAVA:
        pytest.skip(f"this machine's broker runs via {broker.kind.value}")
    name = str(uuid4())
    with running_brokers(nodes=1) as alone:
        options: kafka.Options = {"bootstrap.servers": alone.bootstrap_servers, **_SILENT}
        wanted = kafka.NewTopic(name, num_partitions=1)
        admin = kafka.admin_client(options)
        admin.create_topics([wanted])[name].result(DEADLINE_SECONDS)

        # When it is killed and started
        alone.nodes[0].kill()
        alone.nodes[0].start()
        alone.wait_until_whole()

        # Then the topic is there, at the same address
        assert name in admin.list_topics(timeout=DEADLINE_SECONDS).topics
