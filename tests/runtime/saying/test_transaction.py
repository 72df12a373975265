"""A frame in one transaction: every call has its bound, and each refusal its meaning."""

from typing import Any

import pytest
from support.rooms.transactions import (
    COMMIT,
    Cluster,
    Report,
    failed_task,
    finished_task,
    frame_of,
    kafka_error,
    open_sink,
    route,
)

from headway.edges import kafka
from headway.saying.fate import FrameAborted, ProducerLost
from headway.saying.sweep import Sweep
from headway.saying.transaction import CALL_SECONDS, TransactionalSink
from headway.wire.records import StageRecords


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


def test_every_call_that_may_wait_comes_back_in_time(cluster: Cluster, first: StageRecords) -> None:
    """Otherwise nothing can be told to it, and nobody learns that it hangs."""
    # Given a frame that is committed, and one that is aborted
    sink = open_sink(cluster, first)
    sink.write(frame_of(finished_task("good"), failed_task("bad")), COMMIT)
    cluster.reports[b"worse"] = None, None
    with pytest.raises(FrameAborted):
        sink.write(frame_of(failed_task("worse")), COMMIT)

    # When the calls are looked at, then each had the same limit, and none that may not wait
    assert cluster.seconds("init_transactions") == [CALL_SECONDS]
    assert cluster.seconds("send_offsets_to_transaction") == [CALL_SECONDS]
    assert set(cluster.seconds("flush")) == {CALL_SECONDS}
    assert cluster.seconds("commit_transaction") == [CALL_SECONDS]
    assert cluster.seconds("abort_transaction") == [CALL_SECONDS]
    assert set(cluster.seconds("poll")) == {0}


def test_a_frame_of_partitions_known_to_the_producer_waits_for_no_delivery(
    cluster: Cluster, first: StageRecords
) -> None:
    """Only letters, whose offsets are told, and the first records of a partition are awaited."""
    # Given a producer that has written to a partition
    sink = open_sink(cluster, first)
    sink.write(frame_of(finished_task("first")), COMMIT)
    awaited = cluster.producer.flush.call_count

    # When another frame goes there, then it is not awaited
    sink.write(frame_of(finished_task("second")), COMMIT)
    assert cluster.producer.flush.call_count == awaited


def test_deliveries_that_take_long_are_waited_for_again(
    cluster: Cluster, first: StageRecords
) -> None:
    """A flush that came back early is no delivery."""
    # Given letters that are delivered in the third of a flush's time limits
    cluster.unflushed = [2, 1]
    sink = open_sink(cluster, first)

    # When they are said, then it is flushed until all are
    sink.write(frame_of(failed_task("slow"), failed_task("slower")), COMMIT)
    assert cluster.producer.flush.call_count == 3
    cluster.producer.commit_transaction.assert_called_once()


def test_a_letter_the_broker_refuses_is_blamed_alone(cluster: Cluster, first: StageRecords) -> None:
    """The others of the frame are said again as they are."""
    # Given three letters of which the broker refuses the second for its size
    tasks = [failed_task(name) for name in ("one", "two", "three")]
    cluster.reports[b"two"] = kafka_error(kafka.KafkaError.MSG_SIZE_TOO_LARGE), None
    sink = open_sink(cluster, first)

    # When they are said, then nothing is committed, and that one is named
    with pytest.raises(FrameAborted, match=r"dead letters.* were not delivered$") as raised:
        sink.write(frame_of(*tasks), COMMIT)
    assert raised.value.refused == (tasks[1],)
    assert not raised.value.passing
    cluster.producer.commit_transaction.assert_not_called()
    cluster.producer.abort_transaction.assert_called_once()


@pytest.mark.parametrize(
    "report",
    [(kafka_error(kafka.KafkaError._TIMED_OUT), None), (None, None), (None, -1001)],
)
def test_a_letter_that_lies_nowhere_is_nobodys_fault(
    cluster: Cluster, first: StageRecords, report: Report
) -> None:
    """Not delivered, or acknowledged without an offset: it passes, and is said again."""
    # Given two letters of which one was not delivered
    cluster.reports[b"lost"] = report
    sink = open_sink(cluster, first)

    # When they are said, then nothing is committed and nobody is to blame
    with pytest.raises(FrameAborted, match=r"dead letters.* were not delivered$") as raised:
        sink.write(frame_of(failed_task("there"), failed_task("lost")), COMMIT)
    assert (raised.value.passing, raised.value.refused) == (True, ())
    cluster.producer.commit_transaction.assert_not_called()


def test_a_letter_at_the_first_offset_is_delivered(cluster: Cluster, first: StageRecords) -> None:
    """Nought is an offset."""
    # Given a letter that is the first of its partition, when it is said, then it is committed
    cluster.reports[b"first"] = None, 0
    open_sink(cluster, first).write(frame_of(failed_task("first")), COMMIT)
    cluster.producer.commit_transaction.assert_called_once()


def test_a_letter_the_client_refuses_is_blamed_and_a_full_queue_is_not(
    cluster: Cluster, first: StageRecords
) -> None:
    """One will never be taken, the other a moment later."""
    # Given a client that finds a letter too large
    sink, given_up = open_sink(cluster, first), failed_task("large")
    too_large = kafka.KafkaException(kafka_error(kafka.KafkaError.MSG_SIZE_TOO_LARGE))
    cluster.producer.produce.side_effect = too_large

    # When it is said, then it is named
    with pytest.raises(FrameAborted) as raised:
        sink.write(frame_of(given_up), COMMIT)
    assert raised.value.refused == (given_up,)

    # When its queue is full, then the frame waits, with the client's words
    cluster.producer.produce.side_effect = BufferError("Local: Queue full")
    with pytest.raises(FrameAborted, match=r"^Local: Queue full$") as raised:
        sink.write(frame_of(given_up), COMMIT)
    assert (raised.value.passing, raised.value.refused) == (True, ())


def test_a_state_the_client_refuses_is_blamed_on_its_job(
    cluster: Cluster, first: StageRecords
) -> None:
    """That job can be given up in other words; the rest of the frame is said again."""
    # Given a failed job and another one, and a client that finds the failed one's state too large
    sink, given_up = open_sink(cluster, first), failed_task("large", named=True)

    def refuse(_topic: str, batch: list[Any], **_: Any) -> int:
        too_large = [record for record in batch if record["key"] == b"large"]
        for record in too_large:
            record["_error"] = kafka_error(kafka.KafkaError.MSG_SIZE_TOO_LARGE)
        return len(batch) - len(too_large)

    cluster.producer.produce_batch.side_effect = refuse

    # When they are said, then it is named, and nobody else
    with pytest.raises(FrameAborted) as raised:
        sink.write(frame_of(finished_task("good"), given_up), COMMIT)
    assert raised.value.refused == (given_up,)


def test_a_producer_whose_first_transaction_is_aborted_by_the_cluster_is_lost_with_the_reason(
    cluster: Cluster, first: StageRecords
) -> None:
    """It never was open; the log says why another one is made."""
    # Given a cluster that demands an abort of the transaction that ends what was forgotten
    abortable = kafka.KafkaError(
        kafka.KafkaError.NOT_COORDINATOR, "it moved", txn_requires_abort=True
    )
    cluster.producer.flush.side_effect = kafka.KafkaException(abortable)
    sweep = Sweep([("done", 0)], kafka.TopicPartition("in", 0, 0), b"", CALL_SECONDS)
    sink = TransactionalSink(lambda: cluster.producer, route(first), sweep=sweep)

    # When it is opened, then it is lost, not refused, with the cluster's words
    with pytest.raises(ProducerLost, match="it moved") as lost:
        sink.open()
    assert not lost.value.refused
    with pytest.raises(ProducerLost, match="not opened"):
        sink.write(frame_of(finished_task("good")), COMMIT)


def test_a_producer_that_was_never_opened_says_nothing(
    cluster: Cluster, first: StageRecords
) -> None:
    """A mistake of ours is told, and opening another one mends it."""
    # Given a sink that was not opened, when it is to write, then it says so
    sink = TransactionalSink(lambda: cluster.producer, route(first))
    with pytest.raises(ProducerLost, match=r"^the producer was not opened$"):
        sink.write(frame_of(finished_task("good")), COMMIT)
    assert cluster.producer.mock_calls == []


def test_a_producer_given_up_while_records_are_delivered_is_lost(
    cluster: Cluster, first: StageRecords
) -> None:
    """Whoever counts the calls has taken another one: this one commits nothing."""
    # Given a producer that is given up after the first wait for a letter
    cluster.unflushed = [1]
    sink = open_sink(cluster, first, lambda: not cluster.producer.flush.called)

    # When the letter is said, then nothing more is done with it
    with pytest.raises(
        ProducerLost, match=r"^given up: records were not delivered in time$"
    ) as lost:
        sink.write(frame_of(failed_task("slow")), COMMIT)
    assert not lost.value.refused
    cluster.producer.commit_transaction.assert_not_called()
    cluster.producer.abort_transaction.assert_not_called()
