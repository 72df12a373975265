"""Partitions are taken over beside the loop: nothing waits but what has to."""

import copy
import threading
from collections.abc import Callable, Iterable

import pytest
from prometheus_client import REGISTRY
from support.clock import ManualClock
from support.fake_kafka.broker import FakeBroker
from support.fake_kafka.log import Fate, Transaction
from support.fake_kafka.record import Record
from support.waiting import wait_until

from headway.declared.catalog import Catalog
from headway.declared.pipeline import Pipeline
from headway.edges import kafka
from headway.edges.groupreaders import Question, group_reader
from headway.following.jobindex import Loaded, SeenLoader
from headway.following.seen import Seen
from headway.following.stateread import Owner
from headway.owning.assignment import Assignment
from headway.owning.committed import CommittedOffsets
from headway.owning.flow import Flow
from headway.owning.inlet import Inlet
from headway.owning.partition import OwnedPartition
from headway.owning.place import Place
from headway.taking.intake import Intake
from headway.taking.task import Task
from headway.taking.unreadable import Unreadable
from headway.wire.codec import Codec
from headway.wire.metadata import decode
from headway.wire.records import StageRecords

_TOPIC, _GROUP = "jobs.submitted", "p1"


class _Index(SeenLoader):
    """Hands over an index when the test says so; at once if nothing is said."""

    def __init__(self) -> None:
        super().__init__({}, "job-state", Codec(), record="job-state", stage_index=1)
        self.started: list[Owner] = []
        self.ready: list[Loaded] = []
        self.at_once = True
        self.seen = Seen()

    def open(self) -> None: ...

    def start(self, owners: Iterable[Owner]) -> None:
        owners = list(owners)
        self.started += owners
        if self.at_once:
            self.ready += [Loaded(owner, copy.deepcopy(self.seen)) for owner in owners]

    def loaded(self) -> list[Loaded]:
        ready, self.ready = self.ready, []
        return ready


class _Pool:
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.tasks: list[Task] = []

    def submit(self, task: Task) -> None:
        self.tasks.append(task)


class _Readers:
    """Asks each question beside the others, until it is answered or seen to wait."""

    def __init__(self, broker: FakeBroker) -> None:
        self._group = broker.groups[_GROUP]

    def ask(self, question: Question) -> None:
        before, reader = self._group.waiting, group_reader({"bootstrap.servers": "fake"}, _GROUP)
        asking = threading.Thread(target=question, args=(reader,), daemon=True)
        asking.start()
        wait_until(lambda: not asking.is_alive() or self._group.waiting > before)

    def look(self) -> None: ...

    def close(self) -> None: ...


class _Instance:
    """One member of the group with everything that takes records."""

    def __init__(self, broker: FakeBroker, *, declared: int) -> None:
        self.clock = ManualClock()
        self.index = _Index()
        self.pool = _Pool()
        options: kafka.Options = {"bootstrap.servers": "fake"}
        consumer = kafka.consumer(options, group_id=_GROUP, auto_offset_reset="error")
        self.consumer = broker.consumers[-1]
        self.flow = Flow(consumer, "p1", records=100, size_bytes=10**6, clock=self.clock)
        self.assignment = Assignment(
            consumer,
            self.flow,
            [Inlet(_TOPIC, declared, opens=True)],
            committed=CommittedOffsets(_Readers(broker), clock=self.clock),
            loader=self.index,
            reserve=100,
            life="",
        )
        pool: object = self.pool
        unreadable = Unreadable("p1", consumer, self.flow, lambda *_: 0)
        codec, pipeline, catalog = Codec(), Pipeline.load(), Catalog.load()
        records = StageRecords(codec, pipeline, catalog, pipeline.stages[0])
        self._intake = Intake(consumer, self.assignment, pool, self.flow, unreadable, records)  # type: ignore[arg-type]  # what is used of one
        self.assignment.subscribe()

    def turns(self, count: int = 6) -> None:
        for _ in range(count):
            self._intake.take(0)
            self.assignment.advance(begun=0, ended=0)
            self.flow.apply()
            self.clock.advance(0.3)

    def owns_after_a_turn(self, expected: list[int]) -> bool:
        self.turns(1)
        return self.owned == expected

    @property
    def owned(self) -> list[int]:
        return sorted(index for _, index in self.assignment.owned)

    def offsets(self) -> list[tuple[int, int]]:
        """What was handed over: partition and offset of each."""
        return [(task.partition.index, task.offset) for task in self.pool.tasks]


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> FakeBroker:
    made = FakeBroker()
    made.install(monkeypatch)
    made.create(_TOPIC, partitions=3)
    return made


@pytest.fixture
def instance(broker: FakeBroker) -> Callable[..., _Instance]:
    return lambda declared=3: _Instance(broker, declared=declared)


def _write(broker: FakeBroker, partition: int, *keys: str) -> None:
    for key in keys:
        broker.append((_TOPIC, partition), Record(key.encode(), b"value", None, 0))


def _commit(broker: FakeBroker, partition: int, offset: int, metadata: str = "") -> None:
    broker.groups[_GROUP].committed[_TOPIC, partition] = (offset, metadata)


def _resets() -> float:
    return REGISTRY.get_sample_value("headway_offsets_reset_total", {"topic": _TOPIC}) or 0


def test_work_begins_where_the_group_has_committed(
    broker: FakeBroker, instance: Callable[..., _Instance]
) -> None:
    """Behind what is done, and without what is done above."""
    # Given a partition with a commit and a map, and one without any
    _write(broker, 0, "a", "b", "c", "d")
    _write(broker, 1, "e")
    _commit(broker, 0, 1, "1rAQE")

    # When an instance takes over, then it begins the rest
    one = instance()
    one.turns()
    assert one.owned == [0, 1, 2]
    assert sorted(one.offsets()) == [(0, 1), (0, 3), (1, 0)]
    assert one.assignment.pending is None


def test_a_partition_behind_an_open_transaction_waits_alone(
    broker: FakeBroker, instance: Callable[..., _Instance]
) -> None:
    """The others work on; it begins behind what the last owner's transaction came to."""
    # Given an offset in a transaction that is open
    _write(broker, 0, "a", "b")
    _write(broker, 1, "c")
    transaction = broker.begin("last owner")
    transaction.offsets[_GROUP, (_TOPIC, 0)] = (1, "")
    broker.groups[_GROUP].await_end_of(transaction, (_TOPIC, 0))

    # When an instance takes over
    one = instance()
    one.turns()

    # Then it works at the others, and says what it waits for
    assert (one.owned, one.offsets()) == ([1, 2], [(1, 0)])
    assert "partition 0" in (one.assignment.pending or "")
    assert one.flow.reasons() == {(_TOPIC, 0): frozenset({"taking over"})}

    # When the transaction ends, then that one begins behind it
    _end(broker, transaction)
    wait_until(lambda: one.owns_after_a_turn([0, 1, 2]))
    one.turns()
    assert one.offsets()[1:] == [(0, 1)]
    assert one.flow.reasons() == {}


def test_an_error_is_never_read_as_nothing_committed(
    broker: FakeBroker, instance: Callable[..., _Instance]
) -> None:
    """Begun at its beginning the partition would do everything again."""
    # Given a partition whose committed offset cannot be told just now
    _write(broker, 0, "a", "b", "c")
    _commit(broker, 0, 2)
    code = kafka.KafkaError.COORDINATOR_LOAD_IN_PROGRESS
    broker.groups[_GROUP].unread[_TOPIC, 0] = kafka.KafkaError(code)

    # When an instance takes over, then it waits for the answer
    one = instance()
    one.turns()
    assert (one.owned, one.offsets()) == ([1, 2], [])

    # When there is one, then that counts
    broker.groups[_GROUP].unread.clear()
    one.turns()
    assert one.offsets() == [(0, 2)]


def test_a_question_that_fails_as_a_whole_is_asked_again(
    broker: FakeBroker, instance: Callable[..., _Instance]
) -> None:
    """A coordinator that is away is only away."""
    # Given a group whose coordinator does not answer twice
    _write(broker, 0, "a", "b")
    _commit(broker, 0, 1)
    error = kafka.KafkaException(kafka.KafkaError(kafka.KafkaError._TIMED_OUT))
    broker.groups[_GROUP].unanswered += [error, error]

    # When an instance takes over, then it begins when the third is answered
    one = instance()
    one.turns(10)
    assert one.offsets() == [(0, 1)]


def test_a_partition_that_goes_while_it_is_asked_about_is_forgotten(
    broker: FakeBroker, instance: Callable[..., _Instance]
) -> None:
    """Its heir takes it over, and a late answer is nobody's."""
    # Given an instance that waits for all three
    code = kafka.KafkaError.COORDINATOR_LOAD_IN_PROGRESS
    for index in range(3):
        broker.groups[_GROUP].unread[_TOPIC, index] = kafka.KafkaError(code)
    one = instance()
    one.turns()
    assert one.owned == []

    # When another comes, and then there are answers
    other = instance()
    for _ in range(4):
        other.turns(1)
        one.turns(1)
    broker.groups[_GROUP].unread.clear()
    for _ in range(4):
        other.turns(1)
        one.turns(1)

    # Then each has its own
    assert sorted(one.owned + other.owned) == [0, 1, 2]
    assert one.owned
    assert other.owned
    assert (one.assignment.pending, other.assignment.pending) == (None, None)


def test_an_index_loaded_for_an_earlier_ownership_is_of_no_use(
    instance: Callable[..., _Instance],
) -> None:
    """Between two ownerships somebody else opened jobs that the first index does not know."""
    # Given partitions that are taken over anew while their index is being loaded
    one = instance()
    one.index.at_once = False
    one.turns()
    earlier = {owner.index: owner for owner in one.index.started}
    one.assignment.read_anew()
    one.turns()
    now, newer = {owner.index: owner for owner in one.index.started[3:]}, Seen()

    # When the first load ends, then the partition still waits for its own
    one.index.ready = [Loaded(earlier[2], Seen())]
    one.turns()
    assert one.owned == []
    assert one.assignment.pending == "loading the index of jobs"
    one.index.ready = [Loaded(now[2], newer)]
    one.turns()
    assert one.owned == [2]
    assert one.assignment.owned[_TOPIC, 2].seen is newer


def test_reading_anew_drops_all_work_in_hand_and_begins_at_what_is_committed(
    broker: FakeBroker, instance: Callable[..., _Instance]
) -> None:
    """What was begun is lost for whoever holds it; the call waits for nothing."""
    # Given records that have begun, one of them committed since
    _write(broker, 0, "a", "b")
    one = instance()
    one.turns()
    before = dict(one.assignment.owned)
    _commit(broker, 0, 1)

    # When all is read anew
    one.assignment.read_anew()
    assert one.owned == []
    one.turns()

    # Then the rest is begun again, for other owners
    assert one.offsets() == [(0, 0), (0, 1), (0, 1)]
    assert all(partition.lost for partition in before.values())
    assert not any(partition.lost for partition in one.assignment.owned.values())


def test_a_partition_nobody_declared_is_held_and_named(
    broker: FakeBroker, instance: Callable[..., _Instance]
) -> None:
    """Topics that grew one by one stop nothing else, and are not worked at half."""
    # Given a topic with a partition more than is declared
    _write(broker, 0, "a")
    _write(broker, 2, "b")

    # When an instance owns it
    one = instance(declared=2)
    one.turns()

    # Then it works at the others, and says which one it leaves alone
    assert (one.owned, one.offsets()) == ([0, 1], [(0, 0)])
    assert "partition 2 of jobs.submitted is not declared" in (one.assignment.pending or "")
    assert one.flow.reasons() == {(_TOPIC, 2): frozenset({"undeclared partition"})}


def test_an_undeclared_partition_that_goes_to_another_is_forgotten(
    instance: Callable[..., _Instance],
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


def test_a_commit_behind_the_end_of_the_log_is_said_and_all_is_looked_at_again(
    broker: FakeBroker, instance: Callable[..., _Instance]
) -> None:
    """An older log was restored: what the index knows as over is dropped, the rest is done."""
    # Given a commit far behind the end, and an index in which a job is over and one was opened
    _write(broker, 0, "over", "opened", "new")
    _commit(broker, 0, 50, "1rAQE")
    before, one = _resets(), instance()
    one.index.seen.settle("over", 1)
    one.index.seen.open("opened", 1, 40)

    # When an instance takes over
    one.turns(10)

    # Then it says so, begins at the beginning, and only what is over is a duplicate
    assert _resets() == before + 1
    assert one.offsets() == [(0, 0), (0, 1), (0, 2)]
    assert [task.duplicate for task in one.pool.tasks] == [True, False, False]
    assert one.assignment.owned[_TOPIC, 0].offsets.committable == 0


def test_a_log_cut_under_a_reader_loses_no_job_that_came_after(
    broker: FakeBroker, instance: Callable[..., _Instance]
) -> None:
    """After an unclean election other jobs lie at the offsets that were done."""
    # Given an instance that has read four records
    _write(broker, 0, "a", "b", "c", "d")
    one = instance()
    one.turns()
    earlier = one.assignment.owned[_TOPIC, 0]
    assert one.offsets() == [(0, 0), (0, 1), (0, 2), (0, 3)]

    # When the last two are lost and another is written
    broker.truncate((_TOPIC, 0), 2)
    one.turns(2)
    _write(broker, 0, "other")
    one.turns(10)

    # Then work in hand is dropped and all of the log is read again, the new one too
    assert earlier.lost
    assert [task.key for task in one.pool.tasks[4:]] == [b"a", b"b", b"other"]


def test_a_record_below_what_was_begun_has_the_partition_taken_over_anew(
    instance: Callable[..., _Instance], broker: FakeBroker
) -> None:
    """Whatever made the client go back: nothing is skipped in silence."""
    # Given an instance that has read three records
    _write(broker, 0, "a", "b", "c")
    before, one = _resets(), instance()
    one.turns()

    # When the client goes back by itself
    one.consumer.seek(kafka.TopicPartition(_TOPIC, 0, 1))
    one.turns(10)

    # Then it is said, and the partition is read again by a new owner
    assert _resets() == before + 1
    assert one.offsets() == [(0, i) for i in (0, 1, 2, 0, 1, 2)]


def test_what_was_given_up_is_asked_about_when_our_frame_has_ended(
    instance: Callable[..., _Instance], broker: FakeBroker
) -> None:
    """An answer from before it would have its jobs done again."""
    # Given an instance whose work in hand is dropped while its third frame is under way
    _write(broker, 0, "a")
    one = instance()
    one.turns()
    one.assignment.read_anew()

    # When turns pass and that frame has no fate, then nothing is asked
    asked = broker.faults.calls.count("committed")
    for begun in (3, 4, 5):
        one.assignment.advance(begun=begun, ended=2)
    assert broker.faults.calls.count("committed") == asked
    assert one.assignment.pending

    # When it has ended, then everything is taken over, whatever was begun since
    one.assignment.advance(begun=6, ended=3)
    one.assignment.advance(begun=6, ended=3)
    assert one.owned == [0, 1, 2]


def test_a_partition_given_up_and_gone_is_not_asked_about(
    instance: Callable[..., _Instance],
) -> None:
    """What waits to be taken over anew may go to another like any other."""
    # Given an instance that waits for its own frame, and another that comes
    one = instance()
    one.turns()
    one.assignment.read_anew()
    one.assignment.advance(begun=1, ended=0)
    other = instance()
    for _ in range(4):
        other.turns(1)
        one.consumer.poll(0)

    # When the frame has ended, then each has its own
    one.assignment.advance(begun=1, ended=1)
    one.turns()
    other.turns()
    assert sorted(one.owned + other.owned) == [0, 1, 2]
    assert one.owned


def test_only_partitions_that_go_are_told_as_let_go(
    instance: Callable[..., _Instance], broker: FakeBroker
) -> None:
    """Whoever keeps working may still crash."""
    # Given an instance that has read something of every partition
    for index in range(3):
        _write(broker, index, "a")
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
    instance: Callable[..., _Instance], broker: FakeBroker
) -> None:
    """One job that does not end stops its partition before the metadata overflows."""
    # Given a partition read so far beyond its first record that the map is full
    _write(broker, 0, "a")
    one = instance()
    one.turns()
    offsets = one.assignment.owned[_TOPIC, 0].offsets
    offset = 1
    while not offsets.full:
        offsets.begin(offset)
        offsets.finish(offset)
        offset += 1

    # When turns pass, then it is held; when the first is done, it flows
    one.turns(2)
    assert one.consumer.paused() == {(_TOPIC, 0)}
    offsets.finish(0)
    one.turns(2)
    assert one.consumer.paused() == set()


def _end(broker: FakeBroker, transaction: Transaction) -> None:
    broker.end(transaction, Fate.COMMITTED)
