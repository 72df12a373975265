"""Partitions are taken over beside the loop: nothing waits but what has to."""

from collections.abc import Callable

from support.fake_kafka.broker import FakeBroker
from support.rooms.instance import GROUP, TOPIC, Instance, commit, end, write
from support.waiting import wait_until

from headway.edges import kafka
from headway.following.indexloader import Loaded
from headway.following.jobindex import JobIndex


def test_work_begins_where_the_group_has_committed(
    broker: FakeBroker, instance: Callable[..., Instance]
) -> None:
    """Behind what is done, and without what is done above."""
    # Given a partition with a commit and a map, and one without any
    write(broker, 0, "a", "b", "c", "d")
    write(broker, 1, "e")
    commit(broker, 0, 1, "1rAQE")

    # When an instance takes over, then it begins the rest
    one = instance()
    one.turns()
    assert one.owned == [0, 1, 2]
    assert sorted(one.offsets()) == [(0, 1), (0, 3), (1, 0)]
    assert one.assignment.pending is None


def test_a_partition_behind_an_open_transaction_waits_alone(
    broker: FakeBroker, instance: Callable[..., Instance]
) -> None:
    """The others work on; it begins behind what the last owner's transaction came to."""
    # Given an offset in a transaction that is open
    write(broker, 0, "a", "b")
    write(broker, 1, "c")
    transaction = broker.begin("last owner")
    transaction.offsets[GROUP, (TOPIC, 0)] = (1, "")
    broker.groups[GROUP].await_end_of(transaction, (TOPIC, 0))

    # When an instance takes over
    one = instance()
    one.turns()

    # Then it works at the others, and says what it waits for
    assert (one.owned, one.offsets()) == ([1, 2], [(1, 0)])
    assert "partition 0" in (one.assignment.pending or "")
    assert one.flow.reasons() == {(TOPIC, 0): frozenset({"taking over"})}

    # When the transaction ends, then that one begins behind it
    end(broker, transaction)
    wait_until(lambda: one.owns_after_a_turn([0, 1, 2]))
    one.turns()
    assert one.offsets()[1:] == [(0, 1)]
    assert one.flow.reasons() == {}


def test_an_error_is_never_read_as_nothing_committed(
    broker: FakeBroker, instance: Callable[..., Instance]
) -> None:
    """Begun at its beginning the partition would do everything again."""
    # Given a partition whose committed offset cannot be told just now
    write(broker, 0, "a", "b", "c")
    commit(broker, 0, 2)
    code = kafka.KafkaError.COORDINATOR_LOAD_IN_PROGRESS
    broker.groups[GROUP].unread[TOPIC, 0] = kafka.KafkaError(code)

    # When an instance takes over, then it waits for the answer
    one = instance()
    one.turns()
    assert (one.owned, one.offsets()) == ([1, 2], [])

    # When there is one, then that counts
    broker.groups[GROUP].unread.clear()
    one.turns()
    assert one.offsets() == [(0, 2)]


def test_a_question_that_fails_as_a_whole_is_asked_again(
    broker: FakeBroker, instance: Callable[..., Instance]
) -> None:
    """A coordinator that is away is only away."""
    # Given a group whose coordinator does not answer twice
    write(broker, 0, "a", "b")
    commit(broker, 0, 1)
    error = kafka.KafkaException(kafka.KafkaError(kafka.KafkaError._TIMED_OUT))
    broker.groups[GROUP].unanswered += [error, error]

    # When an instance takes over, then it begins when the third is answered
    one = instance()
    one.turns(10)
    assert one.offsets() == [(0, 1)]


def test_a_partition_that_goes_while_it_is_asked_about_is_forgotten(
    broker: FakeBroker, instance: Callable[..., Instance]
) -> None:
    """Its heir takes it over, and a late answer is nobody's."""
    # Given an instance that waits for all three
    code = kafka.KafkaError.COORDINATOR_LOAD_IN_PROGRESS
    for index in range(3):
        broker.groups[GROUP].unread[TOPIC, index] = kafka.KafkaError(code)
    one = instance()
    one.turns()
    assert one.owned == []

    # When another comes, and then there are answers
    other = instance()
    for _ in range(4):
        other.turns(1)
        one.turns(1)
    broker.groups[GROUP].unread.clear()
    for _ in range(4):
        other.turns(1)
        one.turns(1)

    # Then each has its own
    assert sorted(one.owned + other.owned) == [0, 1, 2]
    assert one.owned
    assert other.owned
    assert (one.assignment.pending, other.assignment.pending) == (None, None)


def test_an_index_loaded_for_an_earlier_ownership_is_of_no_use(
    instance: Callable[..., Instance],
) -> None:
    """Between two ownerships somebody else opened jobs that the first index does not know."""
    # Given partitions that are taken over anew while their index is being loaded
    one = instance()
    one.index.at_once = False
    one.turns()
    earlier = {owner.index: owner for owner in one.index.started}
    one.assignment.read_anew()
    one.turns()
    now, newer = {owner.index: owner for owner in one.index.started[3:]}, JobIndex()

    # When the first load ends, then the partition still waits for its own
    one.index.ready = [Loaded(earlier[2], JobIndex())]
    one.turns()
    assert one.owned == []
    assert one.assignment.pending == "loading the index of jobs"
    one.index.ready = [Loaded(now[2], newer)]
    one.turns()
    assert one.owned == [2]
    assert one.assignment.owned[TOPIC, 2].jobs is newer
