"""Offsets by times, and whether any record lies behind one."""

from support.kafka.clients import Clients
from support.waiting import DEADLINE_SECONDS

from headway.edges import kafka
from headway.edges.admin import beginnings, since
from headway.edges.peeking import without_records

_AT_MS = 1_764_000_000_000


def test_the_first_record_of_a_time_is_found(clients: Clients) -> None:
    """Of that time or later; where all are earlier there is none."""
    # Given records of some moments, and a partition without any
    topic = clients.topic(partitions=2)
    producer = clients.producer()
    for second in (0, 1, 2):
        producer.produce(topic, b"value", partition=0, timestamp=_AT_MS + second * 1000)
        assert producer.flush(DEADLINE_SECONDS) == 0
    admin = kafka.admin_client(clients.options)

    # When it is asked for moments before, between and behind them
    asked = [
        since(admin, {(topic, 0): _AT_MS + at, (topic, 1): _AT_MS}) for at in (-5, 1, 1000, 2001)
    ]

    # Then the offsets are told
    assert [found[topic, 0] for found in asked] == [0, 1, 1, None]
    assert {found[topic, 1] for found in asked} == {None}
    assert beginnings(admin, [(topic, 0), (topic, 1)]) == {(topic, 0): 0, (topic, 1): 0}


def test_behind_the_last_record_of_a_transaction_lies_none_although_it_is_not_the_end(
    clients: Clients,
) -> None:
    """Its marker is given to nobody. Whatever else is there counts, also what was aborted."""
    # Given a partition with one transaction, one with a record, one with an aborted transaction
    topic = clients.topic(partitions=4)
    producer = clients.transactional()
    for partition, end in (
        (0, producer.commit_transaction),
        (2, producer.abort_transaction),
    ):
        producer.begin_transaction()
        producer.produce(topic, b"value", partition=partition)
        assert producer.flush(DEADLINE_SECONDS) == 0
        end(DEADLINE_SECONDS)
    clients.write(topic, b"value", partition=1)

    # When it is asked at each record, and behind each
    at, behind = (
        without_records(clients.options, {(topic, index): offset for index in range(3)})
        for offset in (0, 1)
    )
    nothing = without_records(clients.options, {(topic, 3): 0})

    # Then behind them, and where there never was one, is none
    assert (at, {index for _, index in behind}) == (set(), {0, 1, 2})
    assert nothing == {(topic, 3)}
