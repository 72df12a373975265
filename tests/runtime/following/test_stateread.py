"""The index of jobs: what a stage is through with, read from the states to their end."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from support.fake_kafka.broker import FakeBroker
from support.fake_kafka.log import Fate
from support.fake_kafka.record import Record
from support.kafka.messages import partition
from support.waiting import wait_until

from headway.edges import kafka
from headway.following.jobindex import SeenLoader
from headway.following.seen import Seen
from headway.following.stateread import Owner
from headway.owning.partition import OwnedPartition
from headway.wire.codec import Codec

_TOPIC = "job-state"
_CODEC = Codec()
_NEWER = b"\xc3\x01" + bytes(8)


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> FakeBroker:
    made = FakeBroker()
    made.install(monkeypatch)
    made.create(_TOPIC, partitions=3)
    return made


class _Loading:
    """A loader of one stage, and what has come out of it."""

    def __init__(self, stage_index: int) -> None:
        options: kafka.Options = {"bootstrap.servers": "fake"}
        self.loader = SeenLoader(
            options, _TOPIC, _CODEC, record="job-state", stage_index=stage_index
        )
        self.found: dict[Owner, Seen] = {}
        self.loader.open()

    def start(self, index: int = 0) -> OwnedPartition:
        owner = partition(index)
        self.loader.start([owner])
        return owner

    def has(self, owner: OwnedPartition) -> bool:
        self.found |= {loaded.owner: loaded.seen for loaded in self.loader.loaded()}
        return owner in self.found

    def seen(self, owner: OwnedPartition) -> Seen:
        wait_until(lambda: self.has(owner))
        return self.found[owner]


@pytest.fixture
def first(broker: FakeBroker) -> Iterator[_Loading]:
    del broker
    made = _Loading(1)
    yield made
    made.loader.close()


@pytest.fixture
def second(broker: FakeBroker) -> Iterator[_Loading]:
    del broker
    made = _Loading(2)
    yield made
    made.loader.close()


def _state(stage_index: int, step: int, *, terminal: bool = False, **changed: Any) -> bytes:
    state = {
        "job_id": "job",
        "attempt": 1,
        "title": "t",
        "submitted_at": 1,
        "submitted_offset": 7,
        "timeline": [],
        "updated_at": 2,
        "stage_index": stage_index,
        "step": step,
        "terminal": terminal,
        "status": "S",
        "progress": 1,
        "stage": "s",
        "error": None,
        "result": [],
    }
    return _CODEC.encode("job-state", state | changed)


def _write(broker: FakeBroker, value: bytes | None, *, key: str = "job", index: int = 0) -> None:
    broker.append((_TOPIC, index), Record(key.encode(), value, None, 0))


def _opened(job_id: str) -> Seen:
    """As the record at offset 7 opened it."""
    seen = Seen()
    seen.open(job_id, 1, 7)
    return seen


def _settled(job_id: str) -> Seen:
    seen = Seen()
    seen.settle(job_id, 1)
    return seen


def _taken(seen: Seen, attempt: int = 1) -> list[int]:
    """At which offsets a record of the job would be handled, each asked of by itself."""
    return [at for at in (7, 8) if copy.deepcopy(seen).takes("job", attempt, at)]


@pytest.mark.parametrize(
    ("stage_index", "step", "terminal", "in_first", "in_second"),
    [
        (1, 0, False, [7], [7, 8]),
        (1, 1, False, [], [7, 8]),
        (1, 1, True, [], []),
        (2, 0, False, [], [7, 8]),
        (2, 1, False, [], []),
        (2, 1, True, [], []),
        (3, 0, False, [], []),
    ],
)
def test_a_job_is_settled_once_the_stage_is_through_with_it(
    broker: FakeBroker,
    first: _Loading,
    second: _Loading,
    *,
    stage_index: int,
    step: int,
    terminal: bool,
    in_first: list[int],
    in_second: list[int],
) -> None:
    """While it runs here, the record it runs by must still be handled after a crash."""
    # Given a job with a newest state
    _write(broker, _state(1, 0, submitted_offset=5))
    _write(broker, _state(stage_index, step, terminal=terminal))

    # When both stages load their index, then each knows what of it is over
    assert _taken(first.seen(first.start())) == in_first
    assert _taken(second.seen(second.start())) == in_second


@pytest.mark.parametrize(("stage_index", "step"), [(1, 0), (1, 1), (2, 0)])
def test_what_is_below_the_newest_attempt_is_over_in_every_stage(
    broker: FakeBroker, first: _Loading, second: _Loading, *, stage_index: int, step: int
) -> None:
    """Also a state of the lower attempt that comes late does not bring it back."""
    # Given a job that failed, is on its way a second time, and of which old news comes late
    _write(broker, _state(1, 1, terminal=True))
    _write(broker, _state(stage_index, step, attempt=2))
    _write(broker, _state(1, 0))

    # When both stages load their index
    known = first.seen(first.start()), second.seen(second.start())

    # Then nothing of the first attempt is done, and of the second what is open
    assert [_taken(seen, attempt=1) for seen in known] == [[], []]
    assert [_taken(seen, attempt=3) for seen in known] == [[7, 8], [7, 8]]
    in_first = [7] if (stage_index, step) == (1, 0) else []
    assert [_taken(seen, attempt=2) for seen in known] == [in_first, [7, 8]]


def test_a_deleted_job_is_not_known(broker: FakeBroker, first: _Loading) -> None:
    """Its job_id may be used again."""
    # Given a job and its tombstone, when the index is loaded, then it is not in it
    _write(broker, _state(2, 1))
    _write(broker, None)
    _write(broker, _state(1, 0), key="other")
    assert first.seen(first.start()) == _opened("other")


def test_what_nobody_can_read_is_left_out(broker: FakeBroker, first: _Loading) -> None:
    """Garbage in the topic stops no stage."""
    # Given garbage and a state, when the index is loaded, then it has the state
    _write(broker, b"garbage", key="bad")
    _write(broker, _state(1, 0))
    assert first.seen(first.start()) == _opened("job")


def test_a_newer_schema_stops_that_partition_there_and_says_so(
    broker: FakeBroker, second: _Loading
) -> None:
    """Skipped, a job that is over would be done again; the others are not held up."""
    # Given a partition with a state of a newer release
    _write(broker, _NEWER, key="newer")
    _write(broker, _state(2, 1))
    _write(broker, _state(2, 1), index=1)

    # When both are loaded, then the other one is complete and this one says why it is not
    late, other = second.start(0), second.start(1)
    assert second.seen(other) == _settled("job")
    wait_until(lambda: 0 in second.loader.trouble)
    assert "schema" in second.loader.trouble[0]
    assert not second.has(late)


def test_the_index_waits_for_a_transaction_that_is_open(
    broker: FakeBroker, first: _Loading
) -> None:
    """What the last owner still says is in it, or was aborted; other partitions do not wait."""
    # Given a state in an open transaction, behind a committed one
    _write(broker, _state(1, 0), key="before")
    transaction = broker.begin("last owner")
    broker.append((_TOPIC, 0), Record(b"job", _state(1, 1), None, 0), transaction)

    # When that partition and another are loaded, then only the other is complete
    late, other = first.start(0), first.start(1)
    assert first.seen(other) == Seen()
    assert not first.has(late)

    # When the transaction ends, then the index has what it said
    broker.end(transaction, Fate.COMMITTED)
    known = _opened("before")
    known.settle("job", 1)
    assert first.seen(late) == known


def test_what_is_taken_over_again_is_loaded_again(broker: FakeBroker, first: _Loading) -> None:
    """The clients stay, the index does not: another owner may have said more since."""
    # Given an index that was loaded
    _write(broker, _state(1, 0))
    assert first.seen(first.start()) == _opened("job")

    # When the partition comes back with a newer state, then the new index has it
    _write(broker, _state(1, 1))
    assert first.seen(first.start()) == _settled("job")


def test_a_lost_partition_is_not_loaded_on(broker: FakeBroker, first: _Loading) -> None:
    """Nobody waits for it."""
    # Given a load that cannot end, and whose partition goes
    transaction = broker.begin("last owner")
    broker.append((_TOPIC, 0), Record(b"job", _state(1, 1), None, 0), transaction)
    late = first.start(0)
    assert first.seen(first.start(1)) == Seen()
    late.lost = True

    # When its transaction ends, then it never comes out, though the thread goes on
    assert first.seen(first.start(2)) == Seen()
    broker.end(transaction, Fate.COMMITTED)
    assert first.seen(first.start(0)) == _settled("job")
    assert not first.has(late)


def test_a_first_partition_without_leader_holds_up_no_other(
    broker: FakeBroker, first: _Loading
) -> None:
    """To connect beforehand saves time; that it fails costs none."""
    # Given a cluster that refuses the question that connects
    no_leader = kafka.KafkaException(kafka.KafkaError(kafka.KafkaError.LEADER_NOT_AVAILABLE))
    refused = broker.faults.fail("get_watermark_offsets", no_leader, times=None)
    _write(broker, _state(1, 0), index=1)

    # When another partition is loaded, then it is complete
    assert first.seen(first.start(1)) == _opened("job")
    assert refused.met <= 1
