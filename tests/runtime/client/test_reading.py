"""What a consumer gets, and from where on."""

from support.kafka.clients import Clients, refusal, take, values
from support.waiting import DEADLINE_SECONDS

from headway.edges import kafka
from headway.edges.admin import ends, watermarks
from headway.edges.messages import headers_of, is_end_of_partition

_CODE = kafka.KafkaError


def test_a_record_comes_as_it_was_written(clients: Clients) -> None:
    """Key, value, headers, time and place."""
    # Given a record
    topic = clients.topic(partitions=3)
    producer = clients.producer()
    producer.produce(
        topic, b"value", b"key", partition=2, timestamp=1_764_000_000_123, headers=[("h", b"1")]
    )
    assert producer.flush(DEADLINE_SECONDS) == 0

    # When it is read
    (message,) = take(clients.reader((topic, 2)), 1)

    # Then nothing is missing
    assert (message.topic(), message.partition(), message.offset()) == (topic, 2, 0)
    assert (message.key(), message.value()) == (b"key", b"value")
    assert headers_of(message) == [("h", b"1")]
    assert message.timestamp()[1] == 1_764_000_000_123
    assert message.error() is None


def test_a_reader_begins_where_it_is_told(clients: Clients) -> None:
    """An offset of its own for each partition; from the beginning where the group has none."""
    # Given two partitions with records
    topic = clients.topic(partitions=2)
    clients.write(topic, b"a0", b"a1", b"a2", partition=0)
    clients.write(topic, b"b0", partition=1)

    # When they are assigned, one by an offset and one without
    consumer = clients.consumer(group_id=clients.name())
    consumer.incremental_assign([kafka.TopicPartition(topic, 0, 1)])
    first = values(take(consumer, 2))
    consumer.incremental_assign([kafka.TopicPartition(topic, 1)])

    # Then each begins there
    assert first == [b"a1", b"a2"]
    assert values(take(consumer, 1)) == [b"b0"]


def test_what_is_paused_gives_nothing_until_it_is_resumed(clients: Clients) -> None:
    """And then goes on where it was."""
    # Given a reader of two partitions, one of them paused
    topic = clients.topic(partitions=2)
    consumer = clients.reader((topic, 0), (topic, 1))
    consumer.pause([kafka.TopicPartition(topic, 0)])
    clients.write(topic, b"held", partition=0)
    clients.write(topic, b"flows", partition=1)

    # When both have records, then only the other's come
    assert values(take(consumer, 1)) == [b"flows"]
    assert consumer.poll(0.2) is None

    # When it is resumed, then its own come too
    consumer.resume([kafka.TopicPartition(topic, 0)])
    assert values(take(consumer, 1)) == [b"held"]


def test_a_place_that_is_not_assigned_may_be_paused_but_not_sought_or_given_up(
    clients: Clients,
) -> None:
    """Pausing is a wish; the others are mistakes."""
    # Given a reader of one partition
    topic = clients.topic(partitions=2)
    consumer = clients.reader((topic, 0))
    other = kafka.TopicPartition(topic, 1, 0)

    # When another is spoken of, then it depends on the call
    consumer.pause([other])
    assert refusal(lambda: consumer.seek(other)).code() == _CODE._STATE
    gone = refusal(lambda: consumer.incremental_unassign([other]))
    again = refusal(lambda: consumer.incremental_assign([kafka.TopicPartition(topic, 0, 0)]))
    assert (gone.code(), again.code()) == (_CODE._INVALID_ARG, _CODE._CONFLICT)


def test_a_reader_can_go_back(clients: Clients) -> None:
    """By a seek, and by giving a partition up and taking it anew."""
    # Given a reader that has read a record
    topic = clients.topic()
    clients.write(topic, b"again")
    consumer = clients.reader((topic, 0))
    assert values(take(consumer, 1)) == [b"again"]

    # When it seeks, then the record comes again
    consumer.seek(kafka.TopicPartition(topic, 0, 0))
    assert values(take(consumer, 1)) == [b"again"]

    # When it takes the partition anew, then it comes again
    consumer.incremental_unassign([kafka.TopicPartition(topic, 0)])
    consumer.incremental_assign([kafka.TopicPartition(topic, 0, 0)])
    assert values(take(consumer, 1)) == [b"again"]


def test_the_end_of_a_partition_is_told_once_where_it_was_asked_for(clients: Clients) -> None:
    """The notice carries the offset of the end, and comes again after more records."""
    # Given a reader that wants to be told
    topic = clients.topic()
    clients.write(topic, b"one")
    consumer = clients.reader((topic, 0), enable_partition_eof=True)

    # When it has read all
    record, end = take(consumer, 2)

    # Then it is told, once
    assert record.value() == b"one"
    assert is_end_of_partition(end)
    assert (end.topic(), end.partition(), end.offset()) == (topic, 0, 1)
    assert consumer.poll(0.3) is None

    # When more comes, then it is told again
    clients.write(topic, b"two")
    record, end = take(consumer, 2)
    assert (record.value(), end.offset()) == (b"two", 2)


def test_an_offset_that_does_not_exist_is_reset_or_told(clients: Clients) -> None:
    """By default the consumers of the product begin anew; one that asks gets an error."""
    # Given a partition of one record
    topic = clients.topic()
    clients.write(topic, b"first")
    beyond = kafka.TopicPartition(topic, 0, 99)

    # When a reader begins beyond its end, then it begins at the beginning
    resetting = clients.consumer()
    resetting.assign([beyond])
    assert values(take(resetting, 1)) == [b"first"]

    # When one that does not want that does, then it is told
    strict = clients.consumer(auto_offset_reset="error")
    strict.assign([beyond])
    (notice,) = take(strict, 1)
    error = notice.error()
    assert error is not None
    assert error.code() == _CODE._AUTO_OFFSET_RESET
    assert (notice.topic(), notice.partition()) == (topic, 0)


def test_watermarks_are_what_the_reader_may_see(clients: Clients) -> None:
    """The end is the last stable offset for one that reads what is committed."""
    # Given a committed record, and one of a transaction that is open
    topic = clients.topic()
    clients.write(topic, b"one")
    producer = clients.transactional()
    producer.begin_transaction()
    producer.produce(topic, b"open", partition=0)
    assert producer.flush(DEADLINE_SECONDS) == 0

    # When both kinds of reader ask
    place = kafka.TopicPartition(topic, 0)
    careful = watermarks(clients.consumer(), place)
    careless = watermarks(clients.consumer(isolation_level="read_uncommitted"), place)

    # Then the careful one is told less
    assert (careful, careless) == ((0, 1), (0, 2))
    admin = kafka.admin_client(clients.options)
    everything = kafka.IsolationLevel.READ_UNCOMMITTED
    assert ends(admin, [(topic, 0)], everything) == {(topic, 0): 2}
    producer.abort_transaction(DEADLINE_SECONDS)


def test_topics_are_listed_with_their_partitions(clients: Clients) -> None:
    """A topic nobody made is an error of its own, not of the call."""
    # Given a topic, when topics are listed, then it is there
    topic, missing = clients.topic(partitions=3), clients.name()
    consumer = clients.consumer()
    assert set(consumer.list_topics(timeout=DEADLINE_SECONDS).topics[topic].partitions) == {0, 1, 2}

    # When one is asked for that is not there, then its entry says so
    found = consumer.list_topics(missing, timeout=DEADLINE_SECONDS).topics[missing]
    assert found.error.code() == _CODE.UNKNOWN_TOPIC_OR_PART
