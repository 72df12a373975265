"""Clients made by `headway.edges.kafka`, of a real cluster or of the one in this process."""

import uuid
from collections.abc import Callable, Iterable
from typing import Any

from support.kafka.writing import sure_producer
from support.waiting import DEADLINE_SECONDS, wait_until

from headway.edges import kafka


class Clients:
    """Makes clients with names of their own, and closes them."""

    def __init__(self, options: kafka.Options) -> None:
        self.options = options
        self._consumers: list[kafka.Consumer] = []

    def topic(self, *, partitions: int = 1) -> str:
        """A new topic, that keeps records of any age: a test may write one of last year."""
        name = f"c{uuid.uuid4().hex[:10]}"
        admin = kafka.admin_client(self.options)
        new = kafka.NewTopic(name, num_partitions=partitions, config={"retention.ms": "-1"})
        (created,) = admin.create_topics([new]).values()
        created.result(DEADLINE_SECONDS)
        wait_until(lambda: name in admin.list_topics(timeout=DEADLINE_SECONDS).topics)
        return name

    def name(self) -> str:
        """For a group or a producer that nobody else has."""
        return f"n{uuid.uuid4().hex[:10]}"

    def consumer(self, **more: Any) -> kafka.Consumer:
        made = kafka.consumer(self.options, **more)
        self._consumers.append(made)
        return made

    def reader(self, *places: tuple[str, int], **more: Any) -> kafka.Consumer:
        """A consumer that reads *places* from their beginnings."""
        made = self.consumer(**more)
        made.assign([kafka.TopicPartition(*place, kafka.OFFSET_BEGINNING) for place in places])
        return made

    def member(self, topic: str, group: str, **callbacks: Any) -> kafka.Consumer:
        """A consumer that has subscribed and joins as soon as it is polled."""
        made = self.consumer(
            group_id=group,
            partition_assignment_strategy="cooperative-sticky",
            session_timeout_ms=6000,
            heartbeat_interval_ms=200,
        )
        made.subscribe([topic], **callbacks)
        return made

    def producer(self, **more: Any) -> kafka.Producer:
        return sure_producer(self.options, **more)

    def transactional(self, name: str | None = None, **more: Any) -> kafka.Producer:
        """A transactional producer, initialized."""
        made = self.producer(transactional_id=name or self.name(), **more)
        made.init_transactions(DEADLINE_SECONDS)
        return made

    def write(self, topic: str, *values: bytes, partition: int = 0) -> None:
        """Records outside of any transaction."""
        producer = self.producer()
        for value in values:
            producer.produce(topic, value, partition=partition)
        assert producer.flush(DEADLINE_SECONDS) == 0

    def close(self) -> None:
        for consumer in self._consumers:
            consumer.close()


def take(consumer: kafka.Consumer, count: int) -> list[kafka.Message]:
    """Exactly the next *count* records and notices."""
    found: list[kafka.Message] = []

    def full() -> bool:
        found.extend(consumer.consume(count - len(found), timeout=0.1))
        return len(found) == count

    wait_until(full, lambda: found)
    return found


def values(messages: Iterable[kafka.Message]) -> list[bytes | None]:
    assert all(message.error() is None for message in messages)
    return [message.value() for message in messages]


def poll_until(condition: Callable[[], object], *consumers: kafka.Consumer) -> None:
    """Serve the groups of *consumers* until *condition*; none of them may get a record."""

    def served() -> bool:
        for consumer in consumers:
            assert consumer.poll(0.02) is None
        return bool(condition())

    wait_until(served)


def owned(consumer: kafka.Consumer) -> list[int]:
    return sorted(place.partition for place in consumer.assignment())


def refusal(step: Callable[[], object]) -> kafka.KafkaError:
    """The error *step* raises."""
    try:
        step()
    except kafka.KafkaException as error:
        found: kafka.KafkaError = error.args[0]
        return found
    raise AssertionError("it was not refused")
