"""What becomes of a record, by what its handler does: nothing a handler does stops a worker."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from support.clock import ManualClock
from support.kafka.messages import message, partition, submission, task
from support.waiting import DEADLINE_SECONDS

from headway.base.errors import Abandoned, PermanentError, TransientError
from headway.declared.handler import Context, Done, Handler, Job
from headway.declared.pipeline import Pipeline
from headway.declared.retry import RetryPolicy
from headway.declared.stage import Stage
from headway.handling.usual import Handling, usual
from headway.outcomes.claims import Claims
from headway.outcomes.dropped import Dropped
from headway.outcomes.duplicate import Duplicate
from headway.outcomes.failed import Failed
from headway.outcomes.finished import Finished
from headway.wire.codec import Codec
from headway.wire.records import MAX_RECORD_BYTES, StageRecords

_PROFILED = Done({"profile": {"key": "k", "size_bytes": 1}, "rows": 1, "columns": 2})
_AT_ONCE = RetryPolicy(calls=3, first_seconds=0.0, longest_seconds=0.0)
_NEVER = RetryPolicy(calls=2, first_seconds=3600.0, longest_seconds=3600.0)

Run = Callable[..., Handling]


@pytest.fixture
def execution(pipeline: Pipeline, first: StageRecords, claims: Claims, clock: ManualClock) -> Run:
    """The execution of a first stage with the handler given."""

    def make(handler: Handler, retry: RetryPolicy = _AT_ONCE) -> Handling:
        stage = Stage("p1", handler, retry)
        return usual(stage, pipeline.stage("p1"), first, claims=claims, clock=clock)

    return make


@pytest.fixture
def uncalled() -> Iterator[Handler]:
    """A handler that must not be called.

    Said when the test is over: whatever a handler raises, `pytest.fail` included, is an outcome.
    """
    calls: list[str] = []

    def handler(job: Job, _: Context) -> Done:
        calls.append(job.job_id)
        return _PROFILED

    yield handler
    assert calls == []


def test_a_handler_that_returns_makes_output_and_state(
    execution: Run, codec: Codec, clock: ManualClock
) -> None:
    """Both carry the same timeline, with the times of this handler's run."""

    # Given a handler that takes two seconds
    def handler(job: Job, _: Context) -> Done:
        assert (job.job_id, job.attempt, job.title) == ("job-1", 1, "data.csv")
        assert job.payload == {"delimiter": None, "source": {"content": b"a\n1\n"}}
        clock.advance(2)
        return _PROFILED

    # When it is run
    began = clock.now_ms()
    outcome = execution(handler).run(task())

    # Then there is an output and a state
    assert isinstance(outcome, Finished)
    output = codec.decode(outcome.output, "profile-done").value
    state = codec.decode(outcome.state, "job-state").value
    assert output["job"]["timeline"] == state["timeline"]
    assert state["timeline"][1:] == [
        {"status": "PROCESS_1_RUNNING", "at": began, "attempt": 1},
        {"status": "PROCESS_1_DONE", "at": began + 2000, "attempt": 1},
    ]


def test_a_permanent_error_fails_at_once_without_a_retry_for_the_user(execution: Run) -> None:
    """Bad input: the message reaches the user as it is."""
    # Given a handler that refuses its input
    calls = []

    def handler(job: Job, _: Context) -> Done:
        calls.append(job.job_id)
        raise PermanentError("Row 3 is odd.")

    # When it is run
    outcome = execution(handler).run(task())

    # Then the job has failed after one call
    assert isinstance(outcome, Failed)
    assert (outcome.message, outcome.retry_available) == ("Row 3 is odd.", False)
    assert outcome.envelope is not None
    assert (outcome.envelope["job_id"], calls) == ("job-1", ["job-1"])


@pytest.mark.parametrize("error", [TransientError("away"), LookupError("a bug"), MemoryError()])
def test_an_error_that_may_pass_is_tried_again_in_place(execution: Run, error: Exception) -> None:
    """The third call succeeds, and nobody is told of the first two."""
    # Given a handler that fails twice
    calls = iter([error, error])

    def handler(*_: object) -> Done:
        for failure in calls:
            raise failure
        return _PROFILED

    # When it is run, then it has finished
    assert isinstance(execution(handler).run(task()), Finished)


@pytest.mark.parametrize("error", [TransientError("away"), LookupError("a bug")])
def test_an_error_that_does_not_pass_fails_with_a_retry_for_the_user(
    execution: Run, error: Exception
) -> None:
    """After the last call the job fails, and running it again later may succeed."""
    # Given a handler that always fails
    calls = []

    def handler(*_: object) -> Done:
        calls.append(1)
        raise error

    # When it is run, then it fails after three calls
    outcome = execution(handler).run(task())
    assert isinstance(outcome, Failed)
    assert (outcome.error_class, outcome.message) == (type(error).__name__, str(error))
    assert (outcome.retry_available, len(calls)) == (True, 3)


def test_work_that_was_given_up_is_dropped(execution: Run) -> None:
    """A handler that lets Abandoned propagate leaves the offset to the next owner."""
    # Given a handler that finds out its work is not its own any more
    owner = partition()

    def handler(*_: object) -> Done:
        owner.lost = True
        raise Abandoned("gone")

    # When it is run, then it is dropped without another call
    assert execution(handler).run(task(owner)) == Dropped()


def test_abandoning_a_job_that_is_still_ours_is_an_error_like_any_other(execution: Run) -> None:
    """Dropped, its offset would stay undone for ever and hold up the whole partition."""
    # Given a handler that gives up a job that nobody else has
    calls = []

    def handler(*_: object) -> Done:
        calls.append(1)
        raise Abandoned("I do not like it")

    # When it is run, then the job fails after three calls and may be tried again
    outcome = execution(handler).run(task())
    assert isinstance(outcome, Failed)
    assert (outcome.error_class, outcome.retry_available, len(calls)) == ("Abandoned", True, 3)


def test_a_report_from_a_lost_partition_abandons_the_work(execution: Run) -> None:
    """The first report after a rebalance ends work whose result nobody would take."""
    # Given a partition that is lost while the handler works
    owner, returned = partition(), list[str]()

    def handler(_: Job, context: Context) -> Done:
        context.report(0.1)
        owner.lost = True
        context.report(0.2)
        returned.append("a report from a lost partition")
        return _PROFILED

    # When it is run, then it is dropped
    assert execution(handler).run(task(owner)) == Dropped()
    assert returned == []


def test_a_record_of_a_lost_partition_is_not_begun(execution: Run, uncalled: Handler) -> None:
    """What waited for a worker while the partition went is left alone."""
    # Given a task of a lost partition, when it is run, then no handler is called
    owner = partition()
    waiting = task(owner)
    owner.lost = True
    assert execution(uncalled).run(waiting) == Dropped()


def test_no_record_is_begun_while_the_process_stops(execution: Run, uncalled: Handler) -> None:
    """Draining finishes what runs and begins nothing."""
    # Given an execution that is told to stop
    stopping = execution(uncalled)
    stopping.stopping.set()

    # When a record comes to a worker, then it is dropped
    assert stopping.run(task()) == Dropped()


def test_stopping_ends_the_pause_before_the_next_call(execution: Run) -> None:
    """A drain does not wait out a back-off of an hour."""
    # Given a task in the pause after a failed call
    failed = threading.Event()

    def handler(*_: object) -> Done:
        failed.set()
        raise TransientError("away")

    pausing = execution(handler, _NEVER)
    outcomes: list[object] = []
    worker = threading.Thread(target=lambda: outcomes.append(pausing.run(task())))
    worker.start()
    assert failed.wait(DEADLINE_SECONDS)

    # When the process stops, then the task is dropped at once
    pausing.stopping.set()
    worker.join(DEADLINE_SECONDS)
    assert outcomes == [Dropped()]


def test_a_partition_lost_in_a_pause_drops_the_work(execution: Run) -> None:
    """No further call is made for somebody else's job."""
    # Given a handler whose partition goes while it fails
    owner, calls = partition(), []

    def handler(*_: object) -> Done:
        calls.append(1)
        owner.lost = True
        raise TransientError("away")

    # When it is run, then it is dropped after the one call
    assert execution(handler).run(task(owner)) == Dropped()
    assert calls == [1]


def test_a_duplicate_is_dropped_without_a_call(execution: Run, uncalled: Handler) -> None:
    """A second submission of a job runs nothing."""
    # Given a record of a job that an earlier one opened
    again = task()
    again.duplicate = True

    # When it is run, then no handler is called
    assert execution(uncalled).run(again) == Duplicate()


def test_a_record_that_cannot_be_read_fails_the_job_its_key_names(
    execution: Run, uncalled: Handler
) -> None:
    """The user of that job is told; the message says what is wrong with the bytes."""
    # Given bytes that are no record
    bad = task(received=message(b"garbage"))

    # When they come to a worker
    outcome = execution(uncalled).run(bad)

    # Then the job of the key has failed
    assert isinstance(outcome, Failed)
    assert outcome.error_class == "DecodeError"
    assert outcome.retry_available is False
    assert outcome.envelope is not None
    assert outcome.envelope["job_id"] == "job-1"


def test_garbage_under_the_key_of_a_known_job_says_nothing_of_the_job(
    execution: Run, uncalled: Handler
) -> None:
    """The record becomes a dead letter; the job's state stays what it was."""
    # Given garbage under the key of a job that has a state
    bad = task(received=message(b"garbage"))
    bad.duplicate = True

    # When it comes to a worker, then there is a failure without an envelope
    outcome = execution(uncalled).run(bad)
    assert isinstance(outcome, Failed)
    assert outcome.envelope is None


def test_garbage_that_names_no_job_is_a_failure_without_an_envelope(
    execution: Run, uncalled: Handler
) -> None:
    """Nobody can be told, but the bytes are kept."""
    # Given garbage without a key, when it comes to a worker, then it has failed
    outcome = execution(uncalled).run(task(received=message(b"garbage", key=None)))
    assert isinstance(outcome, Failed)
    assert outcome.envelope is None


def test_a_result_above_the_size_of_a_record_is_bad_input(execution: Run) -> None:
    """A frame with it would be refused by the broker as a whole: it must not get that far."""
    # Given the largest result that is a record of a million bytes
    small = execution(lambda *_: _profiled(900_000)).run(task())
    assert isinstance(small, Finished)
    largest = 900_000 + MAX_RECORD_BYTES - len(small.output)

    # When it is returned, then it is taken
    taken = execution(lambda *_: _profiled(largest)).run(task())
    assert isinstance(taken, Finished)
    assert len(taken.output) == MAX_RECORD_BYTES

    # When it is a byte more, then it fails at once, with the advice
    refused = execution(lambda *_: _profiled(largest + 1)).run(task())
    assert isinstance(refused, Failed)
    assert refused.retry_available is False
    assert "large data belongs in the object store" in refused.message


def test_a_result_that_does_not_fit_the_record_fails_the_job(execution: Run) -> None:
    """A bug of the handler's author shows as a failed job, not as a dead worker."""
    # Given handlers that leave out a field of the next record, or return nothing at all
    wrong: list[Any] = [Done({"rows": 1}), None]

    # When they are run, then the job has failed and may be tried again once they are mended,
    # and no handler was called twice for what it would only return again
    for result in wrong:
        calls: list[int] = []
        outcome = execution(lambda *_, r=result, c=calls: c.append(1) or r).run(task())
        assert isinstance(outcome, Failed)
        assert (outcome.retry_available, len(calls)) == (True, 1)


def test_a_handler_is_told_a_key_that_is_the_same_at_every_redelivery(execution: Run) -> None:
    """Effects outside Kafka are made idempotent with it."""
    # Given a handler that notes the key
    keys = []

    def handler(_: Job, context: Context) -> Done:
        keys.append(context.idempotency_key)
        return _PROFILED

    # When the same job is handled twice, then the key is the same
    for attempt in (1, 1, 2):
        execution(handler).run(task(received=message(submission(attempt=attempt))))
    assert keys[:2] == ["job-1/1/p1", "job-1/1/p1"]

    # And another one when it is opened again
    assert keys[2:] == ["job-1/2/p1"]


def test_a_report_is_left_for_the_loop_as_a_percent_of_the_whole_job(execution: Run) -> None:
    """Handlers speak of their own stage; users see the job."""
    # Given a handler that reports half way
    at_work = task()

    def handler(_: Job, context: Context) -> Done:
        context.report(0.5, "half way")
        return _PROFILED

    # When it runs, then the loop finds 40 of 30 to 50
    execution(handler).run(at_work)
    assert at_work.progress == (40, "half way")


def test_a_task_is_known_as_running_only_while_its_handler_is_called(execution: Run) -> None:
    """The envelope appears with the start times, before the handler is called."""
    # Given a task that is not begun
    at_work = task()
    assert at_work.envelope is None
    seen: list[tuple[object, int]] = []

    def handler(*_: object) -> Done:
        seen.append((at_work.envelope, at_work.started_at))
        return _PROFILED

    # When its handler is called, then both are set
    execution(handler).run(at_work)
    ((envelope, started_at),) = seen
    assert envelope is not None
    assert started_at == ManualClock().now_ms()


def test_a_submission_without_its_key_fails_under_the_job_it_names(
    execution: Run, uncalled: Handler
) -> None:
    """A producer that forgot the key is told what is missing."""
    # Given a readable record without a key
    outcome = execution(uncalled).run(task(received=message(submission("job-9"), key=None)))

    # When it came to a worker, then the job it names has failed
    assert isinstance(outcome, Failed)
    assert outcome.envelope is not None
    assert outcome.envelope["job_id"] == "job-9"
    assert "the key (none) is no job_id" in outcome.message


def _profiled(key_bytes: int) -> Done:
    profile = {"key": "k" * key_bytes, "size_bytes": 1}
    return Done({"profile": profile, "rows": 1, "columns": 2})
