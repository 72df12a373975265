"""Progress is sampled: the newest of each running job, a few times a second."""

from typing import Any, cast

import pytest
from support.clock import ManualClock
from support.kafka.messages import message, partition, submission, task

from headway.edges import kafka
from headway.handling.progress import ProgressReports
from headway.taking.task import Task
from headway.wire.codec import Codec
from headway.wire.records import StageRecords


class _Producer:
    """Takes records as the client's producer does; `full` is its queue."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.full = False
        self.flushed = False

    def produce(self, topic: str, **record: Any) -> None:
        if self.full:
            raise BufferError("queue full")
        self.sent.append({"topic": topic, **record})

    def poll(self, timeout: float) -> int:
        assert timeout == 0
        return 0

    def flush(self, timeout: float) -> int:
        assert timeout > 0
        self.flushed = True
        return 0


@pytest.fixture
def producer() -> _Producer:
    return _Producer()


@pytest.fixture
def reports(producer: _Producer, first: StageRecords, clock: ManualClock) -> ProgressReports:
    return ProgressReports(
        cast("kafka.Producer", producer), "blue.job-progress", first, clock=clock
    )


@pytest.fixture
def at_work(first: StageRecords) -> Task:
    """A task whose RUNNING is committed."""
    running = task(partition(4), received=message(submission()))
    running.envelope = first.open(running.message)[0]
    running.announced = running.told = True
    return running


def test_progress_goes_to_the_partition_of_the_job(
    reports: ProgressReports, producer: _Producer, at_work: Task, codec: Codec, clock: ManualClock
) -> None:
    """The same partition number as every other record of the job, under its key."""
    # Given a running job that has reported
    at_work.progress = (41, "checking")

    # When the tasks at work are sampled
    reports.sample([at_work])

    # Then one record is sent
    (sent,) = producer.sent
    assert (sent["topic"], sent["key"], sent["partition"]) == ("blue.job-progress", b"job-1", 4)
    told = codec.decode(sent["value"], "job-progress")
    assert (told["progress"], told["note"], told["at"]) == (41, "checking", clock.now_ms())


def test_what_has_not_changed_is_not_sent_again(
    reports: ProgressReports, producer: _Producer, at_work: Task, clock: ManualClock
) -> None:
    """A job that stands still costs nothing."""
    # Given a job whose progress was sent
    at_work.progress = (41, "checking")
    reports.sample([at_work])

    # When time passes without news, then nothing is sent; with news, it is
    clock.advance(1)
    reports.sample([at_work])
    assert len(producer.sent) == 1
    at_work.progress = (41, "profiling")
    clock.advance(1)
    reports.sample([at_work])
    assert len(producer.sent) == 2


def test_reports_between_two_samples_are_lost(
    reports: ProgressReports, producer: _Producer, at_work: Task, clock: ManualClock
) -> None:
    """A handler may report as often as it likes."""
    # Given a sample just taken
    reports.sample([])

    # When a job reports before the next is due, then nothing is sent until then
    at_work.progress = (40, "")
    clock.advance(0.15)
    reports.sample([at_work])
    at_work.progress = (42, "")
    assert producer.sent == []
    clock.advance(0.15)
    reports.sample([at_work])
    assert at_work.progress_sent == (42, "")
    assert len(producer.sent) == 1


def test_a_job_not_yet_told_as_running_is_left_out(
    reports: ProgressReports, producer: _Producer, at_work: Task, clock: ManualClock
) -> None:
    """Readers would take it for progress of a later run, if this one is never heard of."""
    # Given a job whose RUNNING is in no frame, or in one that is not committed; and a silent one
    silent = task(partition())
    silent.announced = silent.told = True
    at_work.progress = (41, "")
    for known in ((False, False), (True, False), (False, True)):
        at_work.announced, at_work.told = known

        # When they are sampled, then nothing is sent
        clock.advance(1)
        reports.sample([at_work, silent])
        assert producer.sent == []


def test_a_full_queue_loses_a_sample_and_nothing_else(
    reports: ProgressReports, producer: _Producer, at_work: Task, clock: ManualClock
) -> None:
    """The loop neither waits nor fails; the next sample says what is then the case."""
    # Given a producer that takes nothing just now
    at_work.progress = (41, "")
    producer.full = True
    reports.sample([at_work])
    assert producer.sent == []

    # When it takes records again, then the progress is sent
    producer.full = False
    clock.advance(1)
    reports.sample([at_work])
    assert len(producer.sent) == 1


def test_closing_sends_what_is_queued(reports: ProgressReports, producer: _Producer) -> None:
    """A drained stage has told how far it came."""
    # Given reports, when they are closed, then the producer was flushed
    reports.close()
    assert producer.flushed
