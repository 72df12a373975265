"""One suite for every publisher, then what only a cluster or its client can answer."""

import asyncio
import os
import uuid
from collections.abc import Callable, Iterator
from typing import NamedTuple, cast

import pytest
from confluent_kafka import Message

from gateway.admitting.publisher import (
    KafkaPublisher,
    OutcomeUnknown,
    Position,
    Publisher,
    RecordTooLarge,
)
from headway.edges import kafka
from headway.observing.health import Health


class Publishing(NamedTuple):
    """A publisher, and how to read back what it wrote."""

    publisher: Publisher
    topic: str
    read: Callable[[Position], tuple[bytes | None, bytes | None]]


@pytest.fixture
def in_memory(publisher: Publisher, published: list[tuple[str, bytes]]) -> Publishing:
    def read(position: Position) -> tuple[bytes, bytes]:
        key, value = published[position.offset]
        return key.encode(), value

    return Publishing(publisher, "jobs.submitted", read)


@pytest.fixture
def on_kafka(
    cluster_options: kafka.Options, prefix: str, record_at: Callable[[Position], Message]
) -> Iterator[Publishing]:
    def read(position: Position) -> tuple[bytes | None, bytes | None]:
        message = record_at(position)
        return message.key(), message.value()

    topic = prefix + "jobs.submitted"
    with KafkaPublisher(
        lambda: kafka.producer(cluster_options), topic=topic, health=Health()
    ) as publisher:
        yield Publishing(publisher, topic, read)


@pytest.fixture(params=["in_memory", pytest.param("on_kafka", marks=pytest.mark.broker)])
def publishing(request: pytest.FixtureRequest) -> Publishing:
    return cast("Publishing", request.getfixturevalue(request.param))


def test_a_record_lies_where_the_position_says(publishing: Publishing) -> None:
    """Key and value are read back from exactly there."""
    # Given a record
    key, value = uuid.uuid4().hex, b"\x00\x01value"

    # When it is published
    position = asyncio.run(publishing.publisher.publish(key, value))

    # Then it is found at the position it was given
    assert position.topic == publishing.topic
    assert publishing.read(position) == (key.encode(), value)


def test_records_of_one_key_follow_each_other_in_one_partition(publishing: Publishing) -> None:
    """What one job is told stays in order."""
    # Given two records of one key
    key = uuid.uuid4().hex

    async def twice() -> tuple[Position, Position]:
        publish = publishing.publisher.publish
        return await publish(key, b"1"), await publish(key, b"2")

    # When one is published after the other
    first, second = asyncio.run(twice())

    # Then they lie in that order in one partition
    assert first.partition == second.partition
    assert first.offset < second.offset


def test_many_at_once_each_get_their_own_position(publishing: Publishing) -> None:
    """An acknowledgement reaches the request it belongs to."""
    # Given fifty records
    keys = [uuid.uuid4().hex for _ in range(50)]

    async def together() -> list[Position]:
        publish = publishing.publisher.publish
        return await asyncio.gather(*(publish(key, key.encode()) for key in keys))

    # When all are published at once
    positions = asyncio.run(together())

    # Then each has a position of its own, and at one of them its record is read
    assert len(set(positions)) == 50
    assert publishing.read(positions[7]) == (keys[7].encode(), keys[7].encode())


def test_a_cluster_that_is_away_ends_the_wait_with_an_unknown_outcome() -> None:
    """Nobody waits longer than the delivery timeout, and the thread goes on turning."""
    # Given an address nobody listens at
    health = Health()
    options: kafka.Options = {"bootstrap.servers": "127.0.0.1:1", "log_level": 0}

    # When a record is published, then its outcome is unknown once the time is up
    with (
        KafkaPublisher(
            lambda: kafka.producer(options, delivery_timeout_ms=300), topic="t", health=health
        ) as publisher,
        pytest.raises(OutcomeUnknown, match="_MSG_TIMED_OUT"),
    ):
        asyncio.run(publisher.publish("key", b"value"))

    # And the publisher's thread still turns
    assert health.live


def test_a_record_the_client_will_not_send_is_too_large() -> None:
    """A value above message.max.bytes never leaves the process, however often it is tried."""
    # Given a client that sends 1,000 bytes at most
    options: kafka.Options = {"bootstrap.servers": "127.0.0.1:1", "log_level": 0}

    # When a record is larger, then it is told to be too large
    with (
        KafkaPublisher(
            lambda: kafka.producer(options, message_max_bytes=1000), topic="t", health=Health()
        ) as publisher,
        pytest.raises(RecordTooLarge, match="MSG_SIZE_TOO_LARGE"),
    ):
        asyncio.run(publisher.publish("key", b"x" * 2000))


@pytest.mark.broker
def test_a_record_the_brokers_refuse_for_its_size_is_too_large_and_the_next_is_taken(
    cluster_options: kafka.Options,
) -> None:
    """The topic's bound is below the client's: it is no failure that passes, nor a fatal one."""
    # Given a topic that takes less than the client sends
    topic = f"narrow-{uuid.uuid4().hex}"
    admin = kafka.admin_client(cluster_options)
    narrow = kafka.NewTopic(topic, 1, 1, config={"max.message.bytes": "1000"})
    admin.create_topics([narrow])[topic].result()

    with KafkaPublisher(
        lambda: kafka.producer(cluster_options), topic=topic, health=Health()
    ) as publisher:
        # When a record is larger, and does not compress
        with pytest.raises(RecordTooLarge, match="MSG_SIZE_TOO_LARGE"):
            asyncio.run(publisher.publish("key", os.urandom(2000)))

        # Then one that fits is taken
        assert asyncio.run(publisher.publish("key", b"value")).offset == 0
    admin.delete_topics([topic])[topic].result()
