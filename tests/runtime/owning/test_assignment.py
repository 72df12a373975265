"""What of an assignment is left alone, held and let go."""

from collections.abc import Callable

from support.fake_kafka.broker import FakeBroker
from support.rooms.instance import TOPIC, Instance, write

from headway.owning.partition import OwnedPartition
from headway.owning.place import Place
from headway.wire.metadata import decode


def test_a_partition_nobody_declared_is_held_and_named(
    broker: FakeBroker, instance: Callable[..., Instance]
) -> None:
    """Topics that grew one by one stop nothing else, and are not worked at half."""
    # Given a topic with a partition more than is declared
    write(broker, 0, "a")
    write(broker, 2, "b")

    # When an instance owns it
    one = instance(declared=2)
    one.turns()

    # Then it works at the others, and says which one it leaves alone
    assert (one.owned, one.offsets()) == ([0, 1], [(0, 0)])
    assert "partition 2 of jobs.submitted is not declared" in (one.assignment.pending or "")
    assert one.flow.reasons() == {(TOPIC, 2): frozenset({"undeclared partition"})}


def test_an_undeclared_partition_that_goes_to_another_is_forgotten(
    instance: Callable[..., Instance],
) -> None:
    """Readiness is about what is ours."""
    # Given an instance that is given an undeclared partition
    one = instance(declared=2)
    one.turns()
    assert one.assignment.pending

    # When others come and it goes to one of them
    others = [instance(declared=2), instance(declared=2)]
    for _ in range(6):
        for each in (one, *others):
            each.turns(1)

    # Then exactly one says so
    assert sum(each.assignment.pending is not None for each in (one, *others)) == 1


def test_only_partitions_that_go_are_told_as_let_go(
    instance: Callable[..., Instance], broker: FakeBroker
) -> None:
    """Whoever keeps working may still crash."""
    # Given an instance that has read something of every partition
    for index in range(3):
        write(broker, index, "a")
    one, told = instance(), list[dict[int, bool]]()
    one.turns()

    def last_word(going: frozenset[Place]) -> None:
        done: dict[OwnedPartition, list[int]] = {p: [] for p in one.assignment.owned.values()}
        places = one.assignment.offsets(done, going)
        told.append({p.partition: decode(p.offset, p.metadata or "").released for p in places})

    # When some go to another, then the last commit before says so of those alone
    one.assignment.before_revoke = last_word
    other = instance()
    for _ in range(4):
        other.turns(1)
        one.turns(1)
    assert len(told) == 1
    assert told[0] == {index: index not in one.owned for index in range(3)}


def test_a_partition_whose_map_is_full_is_held_until_it_is_not(
    instance: Callable[..., Instance], broker: FakeBroker
) -> None:
    """One job that does not end stops its partition before the metadata overflows."""
    # Given a partition read so far beyond its first record that the map is full
    write(broker, 0, "a")
    one = instance()
    one.turns()
    offsets = one.assignment.owned[TOPIC, 0].offsets
    offset = 1
    while not offsets.full:
        offsets.begin(offset)
        offsets.finish(offset)
        offset += 1

    # When turns pass, then it is held; when the first is done, it flows
    one.turns(2)
    assert one.consumer.paused() == {(TOPIC, 0)}
    offsets.finish(0)
    one.turns(2)
    assert one.consumer.paused() == set()
