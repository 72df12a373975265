"""What a takeover beside the loop stands on: answers of each place, assignments made later."""

import threading
from collections.abc import Callable

from support.kafka.clients import Clients, owned, poll_until, take, values
from support.waiting import DEADLINE_SECONDS, wait_until

from headway.edges import kafka
from headway.edges.groupreaders import group_reader


def _ask(
    clients: Clients, group: str, place: tuple[str, int], answers: dict[int, kafka.TopicPartition]
) -> threading.Thread:
    """Ask for what is committed at one place, in a thread; into *answers*."""
    reader = group_reader(clients.options, group)

    def ask() -> None:
        (answers[place[1]],) = reader.committed(
            [kafka.TopicPartition(*place)], timeout=DEADLINE_SECONDS
        )

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    return thread


def _later(told: list[int]) -> dict[str, Callable[..., None]]:
    """Callbacks that answer the group at once and leave what they are told for later."""

    def assigned(consumer: kafka.Consumer, places: list[kafka.TopicPartition]) -> None:
        told.extend(place.partition for place in places)
        consumer.incremental_assign([])

    def gone(consumer: kafka.Consumer, places: list[kafka.TopicPartition]) -> None:
        held = {place.partition for place in consumer.assignment()}
        told[:] = [i for i in told if i not in {place.partition for place in places}]
        consumer.incremental_unassign([p for p in places if p.partition in held])

    return {"on_assign": assigned, "on_revoke": gone, "on_lost": gone}


def test_only_the_place_behind_an_open_transaction_has_to_wait(clients: Clients) -> None:
    """Each is asked about by itself: what is known is told at once."""
    # Given a group with a commit at two places, and one of them in a transaction again
    topic, group = clients.topic(partitions=3), clients.name()
    member = clients.member(topic, group)
    poll_until(lambda: len(owned(member)) == 3, member)
    producer = clients.transactional()
    metadata = member.consumer_group_metadata()
    first = [kafka.TopicPartition(topic, 0, 5, "five"), kafka.TopicPartition(topic, 2, 7, "seven")]
    producer.begin_transaction()
    producer.send_offsets_to_transaction(first, metadata, 30)
    producer.commit_transaction(30)
    answers = dict[int, kafka.TopicPartition]()
    _ask(clients, group, (topic, 0), answers).join()
    assert answers.pop(0).offset == 5
    producer.begin_transaction()
    producer.send_offsets_to_transaction([kafka.TopicPartition(topic, 0, 6)], metadata, 30)

    # When all are asked about
    asking = [_ask(clients, group, (topic, index), answers) for index in range(3)]

    # Then that one waits, and the others are told
    wait_until(lambda: len(answers) == 2)
    assert (answers[1].offset, answers[1].error) == (-1001, None)
    assert (answers[2].offset, answers[2].metadata, answers[2].error) == (7, "seven", None)
    assert asking[0].is_alive()

    # When the transaction has ended, then it is told too
    producer.commit_transaction(30)
    wait_until(lambda: len(answers) == 3)
    assert (answers[0].offset, answers[0].error) == (6, None)


def test_a_partition_may_be_assigned_long_after_the_group_was_answered(clients: Clients) -> None:
    """The callback waits for nothing, and the client reads nothing meanwhile."""
    # Given a member that was told its partitions and assigned none
    topic, told = clients.topic(partitions=2), list[int]()
    clients.write(topic, b"zero", b"one")
    member = clients.member(topic, clients.name(), **_later(told))
    poll_until(lambda: sorted(told) == [0, 1], member)
    assert member.poll(0.2) is None
    assert owned(member) == []

    # When it assigns one outside of any callback, then it reads that one from there
    member.incremental_assign([kafka.TopicPartition(topic, 0, 1)])
    assert values(take(member, 1)) == [b"one"]
    assert owned(member) == [0]


def test_a_partition_that_was_never_assigned_may_go_again(clients: Clients) -> None:
    """It moves to whoever is next, like any other."""
    # Given a member that was told its partitions and assigned one of them
    topic, group = clients.topic(partitions=2), clients.name()
    told, other = list[int](), list[int]()
    member = clients.member(topic, group, **_later(told))
    poll_until(lambda: len(told) == 2, member)
    member.incremental_assign([kafka.TopicPartition(topic, 0, 0)])

    # When a second member comes, then each is told one
    second = clients.member(topic, group, **_later(other))
    poll_until(lambda: len(told) == len(other) == 1, member, second)
    assert sorted(told + other) == [0, 1]


def test_a_pause_outlives_the_assignment(clients: Clients) -> None:
    """Who comes back to a partition must resume it: the client remembers."""
    # Given a paused partition that goes and comes back
    topic = clients.topic()
    clients.write(topic, b"zero")
    place = kafka.TopicPartition(topic, 0, 0)
    told = list[int]()
    member = clients.member(topic, clients.name(), **_later(told))
    poll_until(lambda: told == [0], member)
    member.incremental_assign([place])
    member.pause([place])
    member.incremental_unassign([place])
    member.incremental_assign([place])
    assert member.poll(0.3) is None

    # When it is resumed, then it flows
    member.resume([place])
    assert values(take(member, 1)) == [b"zero"]
