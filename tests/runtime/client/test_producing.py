"""What a producer takes, refuses and reports."""

import os

import confluent_kafka
import pytest
from support.kafka.clients import Clients, refusal, take, values
from support.waiting import DEADLINE_SECONDS

from headway.edges import kafka

_CODE = kafka.KafkaError
_MEBIBYTE = 1024 * 1024

Report = tuple[str | None, int | None]


class _Reports:
    """Delivery reports in the order they came."""

    def __init__(self) -> None:
        self.found: list[Report] = []

    def __call__(self, error: kafka.KafkaError | None, message: kafka.Message) -> None:
        self.found.append((error.name() if error else None, message.offset()))


def test_a_delivery_is_reported_with_its_offset_when_it_is_asked_for(clients: Clients) -> None:
    """By `flush`, after which nothing is queued."""
    # Given two records on their way
    topic, reports = clients.topic(), _Reports()
    producer = clients.producer()
    for value in (b"one", b"two"):
        producer.produce(topic, value, partition=0, on_delivery=reports)
    assert len(producer) == 2

    # When they are waited for, then their offsets are known
    assert producer.flush(DEADLINE_SECONDS) == 0
    assert reports.found == [(None, 0), (None, 1)]
    assert len(producer) == 0


def test_a_record_without_a_partition_goes_where_its_key_says(clients: Clients) -> None:
    """Java's murmur2, the same for every producer."""
    # Given keys
    topic = clients.topic(partitions=6)
    producer = clients.producer()
    keys = [f"job-{index}" for index in range(12)]

    # When records are written by them
    for key in keys:
        producer.produce(topic, b"", key)
    assert producer.flush(DEADLINE_SECONDS) == 0

    # Then they lie where every other producer would put them
    consumer = clients.reader(*((topic, index) for index in range(6)))
    found = {message.key(): message.partition() for message in take(consumer, len(keys))}
    assert [found[key.encode()] for key in keys] == [_expected(key) for key in keys]


def test_a_batch_goes_to_the_partition_of_the_call_and_says_what_it_did_not_take(
    clients: Clients,
) -> None:
    """The rest of a batch is queued all the same."""
    # Given a batch with a record above the producer's limit
    topic = clients.topic(partitions=2)
    producer = clients.producer(message_max_bytes=_MEBIBYTE)
    batch = [{"value": b"x" * 2 * _MEBIBYTE}, {"value": b"fits", "key": b"k"}]

    # When it is queued
    queued = producer.produce_batch(topic, batch, partition=1)

    # Then the large one is not, and is told so
    assert queued == 1
    error = batch[0]["_error"]
    assert isinstance(error, kafka.KafkaError)
    assert error.code() == _CODE.MSG_SIZE_TOO_LARGE
    assert "_error" not in batch[1]
    assert producer.flush(DEADLINE_SECONDS) == 0
    assert values(take(clients.reader((topic, 1)), 1)) == [b"fits"]


def test_a_record_above_the_producers_limit_is_refused_at_once(clients: Clients) -> None:
    """It spoils nothing: the transaction it was meant for can be committed."""
    # Given a transaction
    topic = clients.topic()
    producer = clients.transactional(message_max_bytes=_MEBIBYTE)
    producer.begin_transaction()

    # When a large record is produced
    large = b"x" * 2 * _MEBIBYTE
    error = refusal(lambda: producer.produce(topic, large, partition=0))

    # Then only it is refused
    assert error.code() == _CODE.MSG_SIZE_TOO_LARGE
    assert (error.fatal(), error.retriable(), error.txn_requires_abort()) == (False, False, False)
    producer.produce(topic, b"small", partition=0)
    producer.commit_transaction(DEADLINE_SECONDS)
    assert values(take(clients.reader((topic, 0)), 1)) == [b"small"]


def test_a_record_above_the_topics_limit_spoils_the_transaction(clients: Clients) -> None:
    """And the one after it: the client has counted a record that the broker has not.

    So an abort that follows such a refusal says nothing of what was in it.
    """
    # Given a producer that takes more than the topic does
    topic, reports = clients.topic(), _Reports()
    producer = clients.transactional(message_max_bytes=3 * _MEBIBYTE)
    producer.begin_transaction()

    # When a record is sent that does not shrink
    producer.produce(topic, os.urandom(2 * _MEBIBYTE), partition=0, on_delivery=reports)
    producer.flush(DEADLINE_SECONDS)

    # Then its report says so, and the commit is refused
    ((name, _),) = reports.found
    assert name == "MSG_SIZE_TOO_LARGE"
    assert refusal(lambda: producer.commit_transaction(DEADLINE_SECONDS)).txn_requires_abort()

    # When it is aborted, then the next one that writes there has to be aborted too
    producer.abort_transaction(DEADLINE_SECONDS)
    producer.begin_transaction()
    producer.produce(topic, b"innocent", partition=0)
    error = refusal(lambda: producer.commit_transaction(DEADLINE_SECONDS))
    assert (error.code(), error.txn_requires_abort()) == (_CODE.OUT_OF_ORDER_SEQUENCE_NUMBER, True)
    producer.abort_transaction(DEADLINE_SECONDS)

    # And the one after that is good
    producer.begin_transaction()
    producer.produce(topic, b"good", partition=0)
    producer.commit_transaction(DEADLINE_SECONDS)
    assert values(take(clients.reader((topic, 0)), 1)) == [b"good"]


def test_a_full_queue_takes_nothing_until_reports_are_served(clients: Clients) -> None:
    """Records count until their reports are served, not until they have arrived."""
    # Given a producer with room for three
    topic = clients.topic()
    producer = clients.producer(queue_buffering_max_messages=3)
    for _ in range(3):
        producer.produce(topic, b"", partition=0)

    # When a fourth comes, then it is refused, alone and in a batch
    with pytest.raises(BufferError):
        producer.produce(topic, b"", partition=0)
    batch = [{"value": b""}]
    assert producer.produce_batch(topic, batch, partition=0) == 0
    error = batch[0]["_error"]
    assert isinstance(error, kafka.KafkaError)
    assert error.code() == _CODE._QUEUE_FULL

    # When reports are served, then there is room again
    assert producer.flush(DEADLINE_SECONDS) == 0
    producer.produce(topic, b"", partition=0)
    assert producer.flush(DEADLINE_SECONDS) == 0


def test_a_partition_that_does_not_exist_is_refused(clients: Clients) -> None:
    """At once, where the topic is known."""
    # Given a producer that knows the topic
    topic = clients.topic()
    producer = clients.producer()
    producer.produce(topic, b"", partition=0)
    assert producer.flush(DEADLINE_SECONDS) == 0

    # When a record is produced for a partition beyond its last, then it is refused
    error = refusal(lambda: producer.produce(topic, b"", partition=7))
    assert error.code() == _CODE._UNKNOWN_PARTITION


def _expected(key: str) -> int:
    """As the library's own murmur2 says, which its tests hold against Java's."""
    return confluent_kafka.murmur2(key.encode(), 6)
