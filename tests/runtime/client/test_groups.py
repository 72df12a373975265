"""Who owns what, who is told, and whose offsets count."""

from collections.abc import Callable

from support.kafka.clients import Clients, owned, poll_until, refusal, take, values
from support.waiting import DEADLINE_SECONDS

from headway.edges import kafka

_CODE = kafka.KafkaError


class _Told:
    """What a member was told, in order; it takes nothing up itself."""

    def __init__(self) -> None:
        self.news: list[tuple[str, list[int]]] = []

    def callbacks(self) -> dict[str, Callable[..., None]]:
        return {
            "on_assign": lambda _, places: self._note("assign", places),
            "on_revoke": lambda _, places: self._note("revoke", places),
            "on_lost": lambda _, places: self._note("lost", places),
        }

    def of(self, kind: str) -> set[int]:
        return {index for told, indexes in self.news if told == kind for index in indexes}

    def _note(self, kind: str, places: list[kafka.TopicPartition]) -> None:
        if places:
            self.news.append((kind, sorted(place.partition for place in places)))


def test_a_lone_member_owns_everything_and_is_told_in_its_poll(clients: Clients) -> None:
    """Where nothing is committed it begins at the beginning."""
    # Given a topic with a record, and one member of a group
    topic, told = clients.topic(partitions=4), _Told()
    clients.write(topic, b"first", partition=3)
    member = clients.member(topic, clients.name(), **told.callbacks())
    assert kafka.generation(member.consumer_group_metadata()) == -1

    # When it polls
    found = take(member, 1)

    # Then it owns all, in a generation, and reads
    assert values(found) == [b"first"]
    assert (owned(member), told.news) == ([0, 1, 2, 3], [("assign", [0, 1, 2, 3])])
    assert kafka.generation(member.consumer_group_metadata()) > 0


def test_a_second_member_is_given_half_and_the_first_keeps_the_rest(clients: Clients) -> None:
    """Only what moves is revoked; both are in one generation, later than the one before."""
    # Given a member that owns all
    topic, group = clients.topic(partitions=4), clients.name()
    told, other_told = _Told(), _Told()
    first = clients.member(topic, group, **told.callbacks())
    poll_until(lambda: len(owned(first)) == 4, first)
    before = kafka.generation(first.consumer_group_metadata())

    # When a second comes
    second = clients.member(topic, group, **other_told.callbacks())
    poll_until(lambda: len(owned(second)) == 2, first, second)

    # Then each has half, and only the half that moved was revoked
    assert set(owned(first)) | set(owned(second)) == {0, 1, 2, 3}
    assert told.of("revoke") == other_told.of("assign") == set(owned(second))
    assert told.of("lost") == set()
    after = [kafka.generation(m.consumer_group_metadata()) for m in (first, second)]
    assert after[0] == after[1] > before


def test_a_member_that_leaves_is_told_and_its_partitions_go_to_the_other(
    clients: Clients,
) -> None:
    """A close revokes what it has; the other takes it over."""
    # Given two members
    topic, group = clients.topic(partitions=2), clients.name()
    told = _Told()
    leaving = clients.member(topic, group, **told.callbacks())
    staying = clients.member(topic, group)
    poll_until(lambda: owned(leaving) and owned(staying), leaving, staying)
    had = set(owned(leaving))

    # When one leaves
    leaving.close()

    # Then it was told so, and the other has all
    assert told.of("revoke") >= had
    poll_until(lambda: len(owned(staying)) == 2, staying)


def test_a_member_begins_where_the_group_has_committed(clients: Clients) -> None:
    """What is committed in a transaction under its own generation counts."""
    # Given a member that has committed behind the first of two records, and left
    topic, group = clients.topic(), clients.name()
    clients.write(topic, b"done", b"left")
    first = clients.member(topic, group)
    assert values(take(first, 2)) == [b"done", b"left"]
    producer = clients.transactional()
    _send(producer, first.consumer_group_metadata(), topic, 1)
    producer.commit_transaction(DEADLINE_SECONDS)
    first.close()

    # When another member comes, then it begins there
    assert values(take(clients.member(topic, group), 1)) == [b"left"]


def test_offsets_of_an_earlier_generation_spoil_their_transaction(clients: Clients) -> None:
    """This is the fence: the transaction is refused as a whole and can only be aborted."""
    # Given a member's metadata, and a rebalance after it
    topic, group = clients.topic(partitions=2), clients.name()
    first = clients.member(topic, group)
    poll_until(lambda: len(owned(first)) == 2, first)
    earlier = first.consumer_group_metadata()
    second = clients.member(topic, group)
    poll_until(lambda: owned(second), first, second)

    # When offsets come with it
    producer = clients.transactional()
    error = refusal(lambda: _send(producer, earlier, topic, 5))

    # Then the transaction must be aborted, and nothing is committed
    assert (error.code(), error.txn_requires_abort()) == (_CODE.ILLEGAL_GENERATION, True)
    producer.abort_transaction(DEADLINE_SECONDS)
    place = [kafka.TopicPartition(topic, 0)]
    assert first.committed(place, timeout=DEADLINE_SECONDS)[0].offset == -1001

    # When they come with the present one, then they are taken
    _send(producer, first.consumer_group_metadata(), topic, 5)
    producer.commit_transaction(DEADLINE_SECONDS)
    assert first.committed(place, timeout=DEADLINE_SECONDS)[0].offset == 5


def test_offsets_of_somebody_who_is_no_member_are_taken(clients: Clients) -> None:
    """With generation -1 and no member id nothing is fenced: such offsets must not be sent."""
    # Given a group with a member, and a consumer that has not joined it
    topic, group = clients.topic(), clients.name()
    member = clients.member(topic, group)
    poll_until(lambda: owned(member), member)
    outsider = clients.consumer(group_id=group)
    metadata = outsider.consumer_group_metadata()
    assert kafka.generation(metadata) == -1

    # When it sends offsets, then they count
    producer = clients.transactional()
    _send(producer, metadata, topic, 42)
    producer.commit_transaction(DEADLINE_SECONDS)
    assert (
        member.committed([kafka.TopicPartition(topic, 0)], timeout=DEADLINE_SECONDS)[0].offset == 42
    )


def test_a_callback_that_takes_partitions_up_itself_decides_where_they_begin(
    clients: Clients,
) -> None:
    """The client does it only where the callback has not."""
    # Given a member that begins at the second record
    topic = clients.topic()
    clients.write(topic, b"zero", b"one")

    def assigned(consumer: kafka.Consumer, places: list[kafka.TopicPartition]) -> None:
        for place in places:
            place.offset = 1
        consumer.incremental_assign(places)

    # When it is assigned the partition, then it reads from there
    member = clients.member(topic, clients.name(), on_assign=assigned)
    assert values(take(member, 1)) == [b"one"]


def _send(producer: kafka.Producer, metadata: object, topic: str, offset: int) -> None:
    """Begin a transaction that carries an offset of partition 0."""
    producer.begin_transaction()
    place = [kafka.TopicPartition(topic, 0, offset)]
    producer.send_offsets_to_transaction(place, metadata, DEADLINE_SECONDS)
