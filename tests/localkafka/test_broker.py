"""The broker as every other suite meets it."""

import logging
import time
from uuid import uuid4

import pytest
from support.waiting import DEADLINE_SECONDS

from headway.edges import kafka
from localkafka import BrokerKind, RunningBroker

pytestmark = pytest.mark.broker


@pytest.fixture
def options(broker: RunningBroker) -> kafka.Options:
    """Options of a client of the broker."""
    return {"bootstrap.servers": broker.bootstrap_servers, "logger": logging.getLogger(__name__)}


@pytest.fixture
def topic() -> str:
    """A name nobody else uses."""
    return f"broker-{uuid4()}"


def make(options: kafka.Options, topic: str, **config: str) -> None:
    wanted = kafka.NewTopic(topic, num_partitions=1, config=config)
    admin = kafka.admin_client(options)
    admin.create_topics([wanted])[topic].result(DEADLINE_SECONDS)


def read(options: kafka.Options, topic: str, *, count: int) -> list[bytes | None]:
    """The first *count* values of partition 0."""
    consumer = kafka.consumer(options)
    consumer.assign([kafka.TopicPartition(topic, 0, kafka.OFFSET_BEGINNING)])
    values: list[bytes | None] = []
    deadline = time.monotonic() + DEADLINE_SECONDS
    try:
        while len(values) < count and time.monotonic() < deadline:
            messages = consumer.consume(count, timeout=0.1)
            values += [message.value() for message in messages if not message.error()]
    finally:
        consumer.close()
    return values[:count]


def test_a_transaction_is_read_once_committed(options: kafka.Options, topic: str) -> None:
    """A read_committed consumer sees what was committed and nothing of what was aborted."""
    # Given a topic and a transactional producer
    make(options, topic)
    producer = kafka.producer(options, transactional_id=topic)
    producer.init_transactions(DEADLINE_SECONDS)

    # When it aborts one record and commits another
    producer.begin_transaction()
    producer.produce(topic, value=b"aborted")
    producer.flush(DEADLINE_SECONDS)
    producer.abort_transaction(DEADLINE_SECONDS)
    producer.begin_transaction()
    producer.produce(topic, value=b"committed")
    producer.commit_transaction(DEADLINE_SECONDS)

    # Then the committed one is the first that is read
    assert read(options, topic, count=1) == [b"committed"]


def test_a_record_for_an_undeclared_topic_is_refused(options: kafka.Options, topic: str) -> None:
    """Neither a producer nor its wish for metadata makes a topic by accident."""
    # Given a producer that soon gives up looking for a topic
    outcomes: list[kafka.KafkaError | None] = []
    producer = kafka.producer(options, **{"topic.metadata.propagation.max.ms": 100})

    # When it writes to one that nobody has made
    producer.produce(topic, value=b"x", on_delivery=lambda error, _: outcomes.append(error))
    producer.flush(DEADLINE_SECONDS)

    # Then the record is refused, and there is still no such topic
    assert [error.name() for error in outcomes if error] == ["UNKNOWN_TOPIC_OR_PART"]
    assert topic not in kafka.admin_client(options).list_topics(timeout=DEADLINE_SECONDS).topics


@pytest.mark.slow
def test_compaction_is_seen_within_seconds(options: kafka.Options, topic: str) -> None:
    """Old values of a key are gone soon after their segment's end."""
    # Given ten values of one key, each in a segment of its own
    make(options, topic, **{"cleanup.policy": "compact", "segment.ms": "50"})
    producer = kafka.producer(options)
    for number in range(10):
        producer.produce(topic, key=b"k", value=b"%d" % number)
        producer.flush(DEADLINE_SECONDS)
        time.sleep(0.06)  # the age at which the next record opens a new segment

    # When they are read again and again
    deadline = time.monotonic() + DEADLINE_SECONDS
    values = read(options, topic, count=2)
    while values != [b"8", b"9"] and time.monotonic() < deadline:
        values = read(options, topic, count=2)

    # Then soon what is left is the active segment's and the newest before it
    assert values == [b"8", b"9"]


def test_a_local_process_has_its_folder(broker: RunningBroker) -> None:
    """Where its data and log lie is known if, and only if, it is a process of this machine."""
    # Given a broker of whatever kind, when its folder is asked for, then a process has one
    assert (broker.data_dir is not None) is (broker.kind is BrokerKind.JAVA)
