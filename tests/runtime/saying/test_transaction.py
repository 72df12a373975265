"""A frame in one transaction: every call has its bound, and each refusal its meaning."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from unittest.mock import Mock, create_autospec

import pytest
from support.kafka.messages import envelope, message, partition, task

from headway.edges import kafka
from headway.outcomes.failed import Failed
from headway.outcomes.finished import Finished
from headway.saying.fate import FrameAborted, ProducerLost
from headway.saying.frame import Frame
from headway.saying.sweep import Sweep
from headway.saying.transaction import CALL_SECONDS, Commit, TransactionalSink
from headway.taking.task import Task
from headway.wire.records import StageRecords
from headway.wire.route import Origin, Route

_COMMIT = Commit([kafka.TopicPartition("in", 2, 8)], b"metadata")

#: What the client says of a delivery: an error or none, and the offset or none.
_Report = tuple[kafka.KafkaError | None, int | None]


@dataclass
class _Record:
    """A record as a delivery report shows it."""

    at: int | None

    def offset(self) -> int | None:
        return self.at


class _Cluster:
    """A producer that is told what becomes of each record it is given."""

    def __init__(self) -> None:
        self.producer: Mock = create_autospec(kafka.Producer, instance=True)
        self.producer.flush.side_effect = self._flush
        self.producer.produce.side_effect = self._produce
        self.producer.produce_batch.side_effect = self._produce_batch
        #: For letters by key; those that are not here lie at offset 5.
        self.reports: dict[bytes, _Report] = {}
        #: Answers of `flush`: how many records are not delivered yet.
        self.unflushed: list[int] = []
        self._waiting: list[Callable[[], None]] = []

    def seconds(self, call: str) -> list[Any]:
        """The time limit of each call of that name: its last argument."""
        return [made.args[-1] for made in getattr(self.producer, call).call_args_list]

    def _produce(self, _topic: str, *, key: bytes, on_delivery: Any = None, **_: Any) -> None:
        error, offset = self.reports.get(key, (None, 5))
        if on_delivery is not None:
            self._waiting.append(lambda: on_delivery(error, _Record(offset)))

    def _produce_batch(
        self, _topic: str, batch: list[Any], partition: int, on_delivery: Any = None
    ) -> int:
        assert partition >= 0
        if on_delivery is not None:
            self._waiting += [lambda: on_delivery(None, _Record(9)) for _ in batch]
        return len(batch)

    def _flush(self, _seconds: float) -> int:
        for report in self._waiting:
            report()
        self._waiting.clear()
        return self.unflushed.pop(0) if self.unflushed else 0


@pytest.fixture
def cluster() -> _Cluster:
    return _Cluster()


def _route(records: StageRecords) -> Route:
    return Route("done", "job-state", "dlq", Origin("p1", "group"), records)


def _sink(
    cluster: _Cluster, first: StageRecords, calling: Callable[[], bool] = lambda: True
) -> TransactionalSink:
    sink = TransactionalSink(lambda: cluster.producer, _route(first), calling)
    sink.open()
    return sink


def _failed(name: str, *, named: bool = False) -> Task:
    given_up = task(partition(), received=message(b"", key=name.encode()))
    known = envelope(name) if named else None
    given_up.outcome = Failed("Broken", "why", retry_available=True, envelope=known, at=1)
    return given_up


def _finished(name: str) -> Task:
    done = task(partition(), received=message(b"", key=name.encode()))
    done.outcome = Finished(b"output", b"state")
    return done


def _frame(*tasks: Task) -> Frame:
    frame = Frame()
    for ended in tasks:
        frame.settle(ended)
    return frame


def _error(code: int) -> kafka.KafkaError:
    return kafka.KafkaError(code)


def test_every_call_that_may_wait_comes_back_in_time(
    cluster: _Cluster, first: StageRecords
) -> None:
    """Otherwise nothing can be told to it, and nobody learns that it hangs."""
    # Given a frame that is committed, and one that is aborted
    sink = _sink(cluster, first)
    sink.write(_frame(_finished("good"), _failed("bad")), _COMMIT)
    cluster.reports[b"worse"] = None, None
    with pytest.raises(FrameAborted):
        sink.write(_frame(_failed("worse")), _COMMIT)

    # When the calls are looked at, then each had the same limit, and none that may not wait
    assert cluster.seconds("init_transactions") == [CALL_SECONDS]
    assert cluster.seconds("send_offsets_to_transaction") == [CALL_SECONDS]
    assert set(cluster.seconds("flush")) == {CALL_SECONDS}
    assert cluster.seconds("commit_transaction") == [CALL_SECONDS]
    assert cluster.seconds("abort_transaction") == [CALL_SECONDS]
    assert set(cluster.seconds("poll")) == {0}


def test_a_frame_of_partitions_known_to_the_producer_waits_for_no_delivery(
    cluster: _Cluster, first: StageRecords
) -> None:
    """Only letters, whose offsets are told, and the first records of a partition are awaited."""
    # Given a producer that has written to a partition
    sink = _sink(cluster, first)
    sink.write(_frame(_finished("first")), _COMMIT)
    awaited = cluster.producer.flush.call_count

    # When another frame goes there, then it is not awaited
    sink.write(_frame(_finished("second")), _COMMIT)
    assert cluster.producer.flush.call_count == awaited


def test_deliveries_that_take_long_are_waited_for_again(
    cluster: _Cluster, first: StageRecords
) -> None:
    """A flush that came back early is no delivery."""
    # Given letters that are delivered in the third of a flush's time limits
    cluster.unflushed = [2, 1]
    sink = _sink(cluster, first)

    # When they are said, then it is flushed until all are
    sink.write(_frame(_failed("slow"), _failed("slower")), _COMMIT)
    assert cluster.producer.flush.call_count == 3
    cluster.producer.commit_transaction.assert_called_once()


def test_a_letter_the_broker_refuses_is_blamed_alone(
    cluster: _Cluster, first: StageRecords
) -> None:
    """The others of the frame are said again as they are."""
    # Given three letters of which the broker refuses the second for its size
    tasks = [_failed(name) for name in ("one", "two", "three")]
    cluster.reports[b"two"] = _error(kafka.KafkaError.MSG_SIZE_TOO_LARGE), None
    sink = _sink(cluster, first)

    # When they are said, then nothing is committed, and that one is named
    with pytest.raises(FrameAborted, match=r"dead letters.* were not delivered$") as raised:
        sink.write(_frame(*tasks), _COMMIT)
    assert raised.value.refused == (tasks[1],)
    assert not raised.value.passing
    cluster.producer.commit_transaction.assert_not_called()
    cluster.producer.abort_transaction.assert_called_once()


@pytest.mark.parametrize(
    "report",
    [(_error(kafka.KafkaError._TIMED_OUT), None), (None, None), (None, -1001)],
)
def test_a_letter_that_lies_nowhere_is_nobodys_fault(
    cluster: _Cluster, first: StageRecords, report: _Report
) -> None:
    """Not delivered, or acknowledged without an offset: it passes, and is said again."""
    # Given two letters of which one was not delivered
    cluster.reports[b"lost"] = report
    sink = _sink(cluster, first)

    # When they are said, then nothing is committed and nobody is to blame
    with pytest.raises(FrameAborted, match=r"dead letters.* were not delivered$") as raised:
        sink.write(_frame(_failed("there"), _failed("lost")), _COMMIT)
    assert (raised.value.passing, raised.value.refused) == (True, ())
    cluster.producer.commit_transaction.assert_not_called()


def test_a_letter_at_the_first_offset_is_delivered(cluster: _Cluster, first: StageRecords) -> None:
    """Nought is an offset."""
    # Given a letter that is the first of its partition, when it is said, then it is committed
    cluster.reports[b"first"] = None, 0
    _sink(cluster, first).write(_frame(_failed("first")), _COMMIT)
    cluster.producer.commit_transaction.assert_called_once()


def test_a_letter_the_client_refuses_is_blamed_and_a_full_queue_is_not(
    cluster: _Cluster, first: StageRecords
) -> None:
    """One will never be taken, the other a moment later."""
    # Given a client that finds a letter too large
    sink, given_up = _sink(cluster, first), _failed("large")
    too_large = kafka.KafkaException(_error(kafka.KafkaError.MSG_SIZE_TOO_LARGE))
    cluster.producer.produce.side_effect = too_large

    # When it is said, then it is named
    with pytest.raises(FrameAborted) as raised:
        sink.write(_frame(given_up), _COMMIT)
    assert raised.value.refused == (given_up,)

    # When its queue is full, then the frame waits, with the client's words
    cluster.producer.produce.side_effect = BufferError("Local: Queue full")
    with pytest.raises(FrameAborted, match=r"^Local: Queue full$") as raised:
        sink.write(_frame(given_up), _COMMIT)
    assert (raised.value.passing, raised.value.refused) == (True, ())


def test_a_state_the_client_refuses_is_blamed_on_its_job(
    cluster: _Cluster, first: StageRecords
) -> None:
    """That job can be given up in other words; the rest of the frame is said again."""
    # Given a failed job and another one, and a client that finds the failed one's state too large
    sink, given_up = _sink(cluster, first), _failed("large", named=True)

    def refuse(_topic: str, batch: list[Any], **_: Any) -> int:
        too_large = [record for record in batch if record["key"] == b"large"]
        for record in too_large:
            record["_error"] = _error(kafka.KafkaError.MSG_SIZE_TOO_LARGE)
        return len(batch) - len(too_large)

    cluster.producer.produce_batch.side_effect = refuse

    # When they are said, then it is named, and nobody else
    with pytest.raises(FrameAborted) as raised:
        sink.write(_frame(_finished("good"), given_up), _COMMIT)
    assert raised.value.refused == (given_up,)


def test_a_producer_whose_first_transaction_is_aborted_by_the_cluster_is_lost_with_the_reason(
    cluster: _Cluster, first: StageRecords
) -> None:
    """It never was open; the log says why another one is made."""
    # Given a cluster that demands an abort of the transaction that ends what was forgotten
    abortable = kafka.KafkaError(
        kafka.KafkaError.NOT_COORDINATOR, "it moved", txn_requires_abort=True
    )
    cluster.producer.flush.side_effect = kafka.KafkaException(abortable)
    sweep = Sweep([("done", 0)], kafka.TopicPartition("in", 0, 0), b"", CALL_SECONDS)
    sink = TransactionalSink(lambda: cluster.producer, _route(first), sweep=sweep)

    # When it is opened, then it is lost, not refused, with the cluster's words
    with pytest.raises(ProducerLost, match="it moved") as lost:
        sink.open()
    assert not lost.value.refused
    with pytest.raises(ProducerLost, match="not opened"):
        sink.write(_frame(_finished("good")), _COMMIT)


def test_a_producer_that_was_never_opened_says_nothing(
    cluster: _Cluster, first: StageRecords
) -> None:
    """A mistake of ours is told, and opening another one mends it."""
    # Given a sink that was not opened, when it is to write, then it says so
    sink = TransactionalSink(lambda: cluster.producer, _route(first))
    with pytest.raises(ProducerLost, match=r"^the producer was not opened$"):
        sink.write(_frame(_finished("good")), _COMMIT)
    assert cluster.producer.mock_calls == []


def test_a_producer_given_up_while_records_are_delivered_is_lost(
    cluster: _Cluster, first: StageRecords
) -> None:
    """Whoever counts the calls has taken another one: this one commits nothing."""
    # Given a producer that is given up after the first wait for a letter
    cluster.unflushed = [1]
    sink = _sink(cluster, first, lambda: not cluster.producer.flush.called)

    # When the letter is said, then nothing more is done with it
    with pytest.raises(
        ProducerLost, match=r"^given up: records were not delivered in time$"
    ) as lost:
        sink.write(_frame(_failed("slow")), _COMMIT)
    assert not lost.value.refused
    cluster.producer.commit_transaction.assert_not_called()
    cluster.producer.abort_transaction.assert_not_called()
