"""What transactions hide, show and refuse."""

import pytest
from support.kafka.clients import Clients, refusal, take, values
from support.waiting import DEADLINE_SECONDS

from headway.edges import kafka
from headway.edges.messages import is_end_of_partition

_CODE = kafka.KafkaError


def test_what_a_transaction_says_is_seen_when_it_is_committed(clients: Clients) -> None:
    """Until then neither it nor anything behind it is; its marker takes an offset."""
    # Given an open transaction, and a record behind its own
    topic = clients.topic()
    producer = clients.transactional()
    producer.begin_transaction()
    producer.produce(topic, b"inside", partition=0)
    assert producer.flush(DEADLINE_SECONDS) == 0
    clients.write(topic, b"behind")
    consumer = clients.reader((topic, 0), enable_partition_eof=True)

    # When it is read while it is open, then there is nothing
    (end,) = take(consumer, 1)
    assert (is_end_of_partition(end), end.offset()) == (True, 0)

    # When it is committed, then all is there
    producer.commit_transaction(DEADLINE_SECONDS)
    inside, behind, end = take(consumer, 3)
    assert values([inside, behind]) == [b"inside", b"behind"]
    assert [m.offset() for m in (inside, behind, end)] == [0, 1, 3]


def test_what_was_aborted_is_never_seen(clients: Clients) -> None:
    """But by a reader that does not care."""
    # Given a transaction that was aborted, and a record behind it
    topic = clients.topic()
    producer = clients.transactional()
    producer.begin_transaction()
    producer.produce(topic, b"taken back", partition=0)
    assert producer.flush(DEADLINE_SECONDS) == 0
    producer.abort_transaction(DEADLINE_SECONDS)
    clients.write(topic, b"good")

    # When it is read, then the aborted one is not there
    assert values(take(clients.reader((topic, 0)), 1)) == [b"good"]
    careless = clients.reader((topic, 0), isolation_level="read_uncommitted")
    assert values(take(careless, 2)) == [b"taken back", b"good"]


def test_offsets_are_committed_with_the_transaction_or_not_at_all(clients: Clients) -> None:
    """With their metadata; what never was committed reads as no offset and no metadata."""
    # Given a group that has committed nothing
    topic, group = clients.topic(partitions=2), clients.name()
    consumer = clients.consumer(group_id=group)
    places = [kafka.TopicPartition(topic, index) for index in range(2)]
    producer = clients.transactional()

    # When a transaction with offsets is aborted, then there are none
    _send(producer, consumer, kafka.TopicPartition(topic, 0, 7, "map"))
    producer.abort_transaction(DEADLINE_SECONDS)
    assert [p.offset for p in consumer.committed(places, timeout=DEADLINE_SECONDS)] == [
        -1001,
        -1001,
    ]

    # When it is committed, then they are there
    _send(producer, consumer, kafka.TopicPartition(topic, 0, 7, "map"))
    producer.commit_transaction(DEADLINE_SECONDS)
    found = consumer.committed(places, timeout=DEADLINE_SECONDS)
    assert [(p.offset, p.metadata, p.error) for p in found] == [
        (7, "map", None),
        (-1001, None, None),
    ]


def test_committed_offsets_are_not_told_while_a_transaction_may_change_them(
    clients: Clients,
) -> None:
    """The question times out; so an heir never begins below what a zombie may yet commit."""
    # Given a transaction with offsets that is open
    topic, group = clients.topic(), clients.name()
    consumer = clients.consumer(group_id=group)
    producer = clients.transactional()
    _send(producer, consumer, kafka.TopicPartition(topic, 0, 7))
    place = [kafka.TopicPartition(topic, 0)]

    # When the group asks, then there is no answer
    assert refusal(lambda: consumer.committed(place, timeout=0.3)).code() == _CODE._TIMED_OUT

    # When it has ended, then there is
    producer.commit_transaction(DEADLINE_SECONDS)
    assert consumer.committed(place, timeout=DEADLINE_SECONDS)[0].offset == 7


def test_the_next_producer_of_an_id_ends_what_the_last_left_open(clients: Clients) -> None:
    """And bars it for good: its next word is refused as fatal."""
    # Given a producer in the middle of a transaction
    topic, name = clients.topic(), clients.name()
    first = clients.transactional(name)
    first.begin_transaction()
    first.produce(topic, b"left", partition=0)
    assert first.flush(DEADLINE_SECONDS) == 0

    # When another of its id comes
    second = clients.transactional(name)
    second.begin_transaction()
    second.produce(topic, b"goes on", partition=0)
    second.commit_transaction(DEADLINE_SECONDS)

    # Then what the first said is gone, and it can say no more
    assert values(take(clients.reader((topic, 0)), 1)) == [b"goes on"]
    consumer = clients.consumer(group_id=clients.name())
    place = [kafka.TopicPartition(topic, 0, 1)]
    error = refusal(
        lambda: first.send_offsets_to_transaction(
            place, consumer.consumer_group_metadata(), DEADLINE_SECONDS
        )
    )
    assert (error.fatal(), error.code()) == (True, _CODE._FENCED)
    assert refusal(lambda: first.commit_transaction(DEADLINE_SECONDS)).fatal()
    assert refusal(lambda: first.abort_transaction(DEADLINE_SECONDS)).fatal()


def test_a_transaction_may_be_empty(clients: Clients) -> None:
    """Nothing said is nothing wrong."""
    # Given a transaction, when it is committed with nothing in it, then that is all
    producer = clients.transactional()
    producer.begin_transaction()
    producer.commit_transaction(DEADLINE_SECONDS)


@pytest.mark.parametrize("call", ["produce", "send", "commit", "abort"])
def test_outside_of_a_transaction_nothing_can_be_said(clients: Clients, call: str) -> None:
    """A mistake of the caller's: neither fatal nor to be repeated."""
    # Given a transactional producer that has not begun
    topic = clients.topic()
    producer = clients.transactional()
    consumer = clients.consumer(group_id=clients.name())
    place = [kafka.TopicPartition(topic, 0, 1)]
    metadata = consumer.consumer_group_metadata()
    steps = {
        "produce": lambda: producer.produce(topic, b"", partition=0),
        "send": lambda: producer.send_offsets_to_transaction(place, metadata, DEADLINE_SECONDS),
        "commit": lambda: producer.commit_transaction(DEADLINE_SECONDS),
        "abort": lambda: producer.abort_transaction(DEADLINE_SECONDS),
    }

    # When it speaks, then it is refused
    error = refusal(steps[call])
    assert error.code() == _CODE._STATE
    assert (error.fatal(), error.retriable(), error.txn_requires_abort()) == (False, False, False)


def test_a_transaction_cannot_be_begun_twice(clients: Clients) -> None:
    """The first one goes on."""
    # Given a transaction
    producer = clients.transactional()
    producer.begin_transaction()

    # When another is begun, then it is refused, and the first can end
    assert refusal(producer.begin_transaction).code() == _CODE._STATE
    producer.commit_transaction(DEADLINE_SECONDS)


def _send(producer: kafka.Producer, consumer: kafka.Consumer, place: kafka.TopicPartition) -> None:
    """Begin a transaction that carries *place*, from a consumer that is in no group."""
    producer.begin_transaction()
    producer.send_offsets_to_transaction(
        [place], consumer.consumer_group_metadata(), DEADLINE_SECONDS
    )
