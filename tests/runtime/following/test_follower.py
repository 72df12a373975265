"""Topics read without a group: to their ends, and on."""

from collections.abc import Iterator

import pytest
from support.fake_kafka.broker import FakeBroker
from support.fake_kafka.log import Fate
from support.fake_kafka.record import Record
from support.waiting import wait_until

from headway.edges import kafka
from headway.following.batch import OffsetLost
from headway.following.follower import FOR_GOOD, Follower, as_written

_OPTIONS: kafka.Options = {"bootstrap.servers": "fake"}
_PLACES = [(name, index) for name in ("orders", "answers") for index in (0, 1)]


class _Collecting:
    """Follows two topics of two partitions, and only collects."""

    def __init__(self) -> None:
        self.follower = Follower(
            _OPTIONS,
            {"topic.orders": "orders", "topic.answers": "answers"},
            as_written(_OPTIONS),
            reading={"auto_offset_reset": "error"},
            most_records=100,
        )
        self.values: list[bytes | None] = []
        self.faults: dict[tuple[str, int], Exception] = {}

    def follow(self, *places: tuple[str, int], offset: int = kafka.OFFSET_BEGINNING) -> None:
        for place in places:
            self.follower.add(place, offset)

    def has(self, *values: bytes) -> bool:
        self._turn()
        return sorted(filter(None, self.values)) == sorted(values)

    def behind(self) -> set[tuple[str, int]]:
        self._turn()
        return self.follower.behind

    def _turn(self) -> None:
        batch = self.follower.read(0.01)
        self.values += [m.value() for source in ("orders", "answers") for m in batch.of(source)]
        self.faults |= batch.faults


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> FakeBroker:
    made = FakeBroker()
    made.install(monkeypatch)
    for topic in ("topic.orders", "topic.answers"):
        made.create(topic, partitions=2)
    return made


@pytest.fixture
def collecting(broker: FakeBroker) -> Iterator[_Collecting]:
    del broker
    made = _Collecting()
    yield made
    made.follower.close()


def test_places_are_read_to_their_ends_and_on(broker: FakeBroker, collecting: _Collecting) -> None:
    """Caught up is said of what was there when it began; it stays so while more comes."""
    # Given two topics, one with a record
    _write(broker, b"1", "topic.orders")

    # When all of both is followed, then it is caught up, with that record
    collecting.follow(*_PLACES)
    wait_until(lambda: not collecting.behind())
    assert collecting.values == [b"1"]

    # When more is written, then it is read, and nothing is behind for it
    _write(broker, b"2", "topic.orders")
    _write(broker, b"3", "topic.answers", index=1)
    assert not collecting.follower.behind
    wait_until(lambda: collecting.has(b"1", b"2", b"3"))
    assert not collecting.follower.behind


def test_a_place_is_read_from_the_offset_that_is_named(
    broker: FakeBroker, collecting: _Collecting
) -> None:
    """Who keeps how far it has come reads nothing twice."""
    # Given two records, when the place is followed from the second on, then that one is read
    _write(broker, b"1", "topic.orders")
    _write(broker, b"2", "topic.orders")
    collecting.follow(("orders", 0), offset=1)
    wait_until(lambda: not collecting.behind())
    assert collecting.values == [b"2"]


def test_nothing_is_read_of_a_place_that_is_dropped(
    broker: FakeBroker, collecting: _Collecting
) -> None:
    """The others go on, and it can be added again."""
    # Given two places that are followed, one of which cannot be caught up
    transaction = broker.begin("somebody")
    broker.append(("topic.orders", 0), Record(b"k", b"1", None, 0), transaction)
    collecting.follow(("orders", 0), ("answers", 0))
    wait_until(lambda: collecting.behind() == {("orders", 0)})

    # When that one is dropped and both grow, then the other alone is read
    collecting.follower.drop(("orders", 0))
    broker.end(transaction, Fate.COMMITTED)
    _write(broker, b"2", "topic.answers")
    wait_until(lambda: collecting.has(b"2"))
    assert not collecting.follower.behind

    # When it is added again, then it is read
    collecting.follow(("orders", 0))
    wait_until(lambda: collecting.has(b"1", b"2"))


def test_a_cluster_that_does_not_answer_is_asked_again(
    broker: FakeBroker, collecting: _Collecting
) -> None:
    """Whoever follows hears of it, and may read on with the same follower."""
    # Given a cluster that refuses once to say where a place ends
    away = kafka.KafkaException(kafka.KafkaError(kafka.KafkaError._ALL_BROKERS_DOWN))
    broker.faults.fail("admin.list_offsets", away)
    _write(broker, b"1", "topic.orders")

    # When the place is followed, then that is raised, and afterwards it is caught up
    collecting.follow(("orders", 0))
    with pytest.raises(kafka.KafkaException):
        collecting.follower.read(0)
    wait_until(lambda: not collecting.behind())
    assert collecting.values == [b"1"]


def test_a_fault_at_one_place_holds_up_no_other(
    broker: FakeBroker, collecting: _Collecting
) -> None:
    """What becomes of it is for whoever follows to say."""
    # Given a place that has no record at the offset that is named, and one that has
    _write(broker, b"1", "topic.answers")
    collecting.follow(("orders", 0), offset=5)
    collecting.follow(("answers", 0))

    # When both are read, then the fault is told with its place, and the other is read
    wait_until(lambda: collecting.has(b"1") and collecting.faults)
    assert [*collecting.faults] == [("orders", 0)]
    assert isinstance(collecting.faults["orders", 0], OffsetLost)


def test_a_place_that_is_held_begins_again_where_it_was_held(
    broker: FakeBroker, collecting: _Collecting
) -> None:
    """It is behind meanwhile, and says why; held for good, it does not begin."""
    # Given two places that are caught up
    for topic in ("topic.orders", "topic.answers"):
        _write(broker, b"1", topic)
    collecting.follow(("orders", 0), ("answers", 0))
    wait_until(lambda: not collecting.behind())

    # When one is held for a moment and one for good
    collecting.values.clear()
    collecting.follower.hold(("orders", 0), 0, "not understood", 0)
    collecting.follower.hold(("answers", 0), 0, "never understood", FOR_GOOD)
    assert len(collecting.follower.behind) == 2

    # Then the first is read again, and the second is behind and says why
    wait_until(lambda: collecting.has(b"1"))
    wait_until(lambda: collecting.behind() == {("answers", 0)})
    assert collecting.follower.trouble == {("answers", 0): "never understood"}


def _write(broker: FakeBroker, value: bytes, topic: str, *, index: int = 0) -> None:
    broker.append((topic, index), Record(b"key", value, None, 0))
