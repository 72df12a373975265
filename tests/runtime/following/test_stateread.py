"""The index of jobs: what a stage is through with, read from the states to their end."""

import copy
from collections.abc import Iterator

import pytest
from support.fake_kafka.broker import FakeBroker
from support.fake_kafka.log import Fate
from support.fake_kafka.record import Record
from support.rooms.stateread import TOPIC, Loading, state, write
from support.waiting import wait_until

from headway.edges import kafka
from headway.following.jobindex import JobIndex

_NEWER = b"\xc3\x01" + bytes(8)


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> FakeBroker:
    made = FakeBroker()
    made.install(monkeypatch)
    made.create(TOPIC, partitions=3)
    return made


@pytest.fixture
def first(broker: FakeBroker) -> Iterator[Loading]:
    del broker
    made = Loading(1)
    yield made
    made.loader.close()


@pytest.fixture
def second(broker: FakeBroker) -> Iterator[Loading]:
    del broker
    made = Loading(2)
    yield made
    made.loader.close()


def _opened(job_id: str) -> JobIndex:
    """As the record at offset 7 opened it."""
    jobs = JobIndex()
    jobs.open(job_id, 1, 7)
    return jobs


def _settled(job_id: str) -> JobIndex:
    jobs = JobIndex()
    jobs.settle(job_id, 1)
    return jobs


def _taken(jobs: JobIndex, attempt: int = 1) -> list[int]:
    """At which offsets a record of the job would be handled, each asked of by itself."""
    return [at for at in (7, 8) if copy.deepcopy(jobs).takes("job", attempt, at)]


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
    first: Loading,
    second: Loading,
    *,
    stage_index: int,
    step: int,
    terminal: bool,
    in_first: list[int],
    in_second: list[int],
) -> None:
    """While it runs here, the record it runs by must still be handled after a crash."""
    # Given a job with a newest state
    write(broker, state(1, 0, submitted_offset=5))
    write(broker, state(stage_index, step, terminal=terminal))

    # When both stages load their index, then each knows what of it is over
    assert _taken(first.jobs(first.start())) == in_first
    assert _taken(second.jobs(second.start())) == in_second


@pytest.mark.parametrize(("stage_index", "step"), [(1, 0), (1, 1), (2, 0)])
def test_what_is_below_the_newest_attempt_is_over_in_every_stage(
    broker: FakeBroker, first: Loading, second: Loading, *, stage_index: int, step: int
) -> None:
    """Also a state of the lower attempt that comes late does not bring it back."""
    # Given a job that failed, is on its way a second time, and of which old news comes late
    write(broker, state(1, 1, terminal=True))
    write(broker, state(stage_index, step, attempt=2))
    write(broker, state(1, 0))

    # When both stages load their index
    known = first.jobs(first.start()), second.jobs(second.start())

    # Then nothing of the first attempt is done, and of the second what is open
    assert [_taken(jobs, attempt=1) for jobs in known] == [[], []]
    assert [_taken(jobs, attempt=3) for jobs in known] == [[7, 8], [7, 8]]
    in_first = [7] if (stage_index, step) == (1, 0) else []
    assert [_taken(jobs, attempt=2) for jobs in known] == [in_first, [7, 8]]


def test_a_deleted_job_is_not_known(broker: FakeBroker, first: Loading) -> None:
    """Its job_id may be used again."""
    # Given a job and its tombstone, when the index is loaded, then it is not in it
    write(broker, state(2, 1))
    write(broker, None)
    write(broker, state(1, 0), key="other")
    assert first.jobs(first.start()) == _opened("other")


def test_what_nobody_can_read_is_left_out(broker: FakeBroker, first: Loading) -> None:
    """Garbage in the topic stops no stage."""
    # Given garbage and a state, when the index is loaded, then it has the state
    write(broker, b"garbage", key="bad")
    write(broker, state(1, 0))
    assert first.jobs(first.start()) == _opened("job")


def test_a_newer_schema_stops_that_partition_there_and_says_so(
    broker: FakeBroker, second: Loading
) -> None:
    """Skipped, a job that is over would be done again; the others are not held up."""
    # Given a partition with a state of a newer release
    write(broker, _NEWER, key="newer")
    write(broker, state(2, 1))
    write(broker, state(2, 1), index=1)

    # When both are loaded, then the other one is complete and this one says why it is not
    late, other = second.start(0), second.start(1)
    assert second.jobs(other) == _settled("job")
    wait_until(lambda: 0 in second.loader.trouble)
    assert "schema" in second.loader.trouble[0]
    assert not second.has(late)


def test_the_index_waits_for_a_transaction_that_is_open(broker: FakeBroker, first: Loading) -> None:
    """What the last owner still says is in it, or was aborted; other partitions do not wait."""
    # Given a state in an open transaction, behind a committed one
    write(broker, state(1, 0), key="before")
    transaction = broker.begin("last owner")
    broker.append((TOPIC, 0), Record(b"job", state(1, 1), None, 0), transaction)

    # When that partition and another are loaded, then only the other is complete
    late, other = first.start(0), first.start(1)
    assert first.jobs(other) == JobIndex()
    assert not first.has(late)

    # When the transaction ends, then the index has what it said
    broker.end(transaction, Fate.COMMITTED)
    known = _opened("before")
    known.settle("job", 1)
    assert first.jobs(late) == known


def test_what_is_taken_over_again_is_loaded_again(broker: FakeBroker, first: Loading) -> None:
    """The clients stay, the index does not: another owner may have said more since."""
    # Given an index that was loaded
    write(broker, state(1, 0))
    assert first.jobs(first.start()) == _opened("job")

    # When the partition comes back with a newer state, then the new index has it
    write(broker, state(1, 1))
    assert first.jobs(first.start()) == _settled("job")


def test_a_lost_partition_is_not_loaded_on(broker: FakeBroker, first: Loading) -> None:
    """Nobody waits for it."""
    # Given a load that cannot end, and whose partition goes
    transaction = broker.begin("last owner")
    broker.append((TOPIC, 0), Record(b"job", state(1, 1), None, 0), transaction)
    late = first.start(0)
    assert first.jobs(first.start(1)) == JobIndex()
    late.lost = True

    # When its transaction ends, then it never comes out, though the thread goes on
    assert first.jobs(first.start(2)) == JobIndex()
    broker.end(transaction, Fate.COMMITTED)
    assert first.jobs(first.start(0)) == _settled("job")
    assert not first.has(late)


def test_a_first_partition_without_leader_holds_up_no_other(
    broker: FakeBroker, first: Loading
) -> None:
    """To connect beforehand saves time; that it fails costs none."""
    # Given a cluster that refuses the question that connects
    no_leader = kafka.KafkaException(kafka.KafkaError(kafka.KafkaError.LEADER_NOT_AVAILABLE))
    refused = broker.faults.fail("get_watermark_offsets", no_leader, times=None)
    write(broker, state(1, 0), index=1)

    # When another partition is loaded, then it is complete
    assert first.jobs(first.start(1)) == _opened("job")
    assert refused.met <= 1
