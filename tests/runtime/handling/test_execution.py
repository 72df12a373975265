"""What becomes of a record, by what its handler does: nothing a handler does stops a worker."""

from typing import Any

import pytest
from support.clock import ManualClock
from support.kafka.messages import message, submission, task
from support.rooms.handling import PROFILED, Execution

from headway.base.errors import PermanentError, TransientError
from headway.declared.handler import Context, Done, Job
from headway.outcomes.failed import Failed
from headway.outcomes.finished import Finished
from headway.wire.codec import Codec
from headway.wire.records import MAX_RECORD_BYTES


def test_a_handler_that_returns_makes_output_and_state(
    execution: Execution, codec: Codec, clock: ManualClock
) -> None:
    """Both carry the same timeline, with the times of this handler's run."""

    # Given a handler that takes two seconds
    def handler(job: Job, _: Context) -> Done:
        assert (job.job_id, job.attempt, job.title) == ("job-1", 1, "data.csv")
        assert job.payload == {"delimiter": None, "source": {"content": b"a\n1\n"}}
        clock.advance(2)
        return PROFILED

    # When it is run
    began = clock.now_ms()
    outcome = execution(handler).run(task())

    # Then there is an output and a state
    assert isinstance(outcome, Finished)
    output = codec.decode(outcome.output, "profile-done")
    state = codec.decode(outcome.state, "job-state")
    assert output["job"]["timeline"] == state["timeline"]
    assert state["timeline"][1:] == [
        {"status": "PROCESS_1_RUNNING", "at": began, "attempt": 1, "detail": None},
        {"status": "PROCESS_1_DONE", "at": began + 2000, "attempt": 1, "detail": None},
    ]


def test_a_permanent_error_fails_at_once_without_a_retry_for_the_user(execution: Execution) -> None:
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
def test_an_error_that_may_pass_is_tried_again_in_place(
    execution: Execution, error: Exception
) -> None:
    """The third call succeeds, and nobody is told of the first two."""
    # Given a handler that fails twice
    calls = iter([error, error])

    def handler(*_: object) -> Done:
        for failure in calls:
            raise failure
        return PROFILED

    # When it is run, then it has finished
    assert isinstance(execution(handler).run(task()), Finished)


@pytest.mark.parametrize("error", [TransientError("away"), LookupError("a bug")])
def test_an_error_that_does_not_pass_fails_with_a_retry_for_the_user(
    execution: Execution, error: Exception
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


def test_a_result_above_the_size_of_a_record_is_bad_input(execution: Execution) -> None:
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


def test_a_result_that_does_not_fit_the_record_fails_the_job(execution: Execution) -> None:
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


def test_a_handler_is_told_a_key_that_is_the_same_at_every_redelivery(execution: Execution) -> None:
    """Effects outside Kafka are made idempotent with it."""
    # Given a handler that notes the key
    keys = []

    def handler(_: Job, context: Context) -> Done:
        keys.append(context.idempotency_key)
        return PROFILED

    # When the same job is handled twice, then the key is the same
    for attempt in (1, 1, 2):
        execution(handler).run(task(received=message(submission(attempt=attempt))))
    assert keys[:2] == ["job-1/1/p1", "job-1/1/p1"]

    # And another one when it is opened again
    assert keys[2:] == ["job-1/2/p1"]


def test_a_report_is_left_for_the_loop_as_a_percent_of_the_whole_job(execution: Execution) -> None:
    """Handlers speak of their own stage; users see the job."""
    # Given a handler that reports half way
    at_work = task()

    def handler(_: Job, context: Context) -> Done:
        context.report(0.5, "half way")
        return PROFILED

    # When it runs, then the loop finds 40 of 30 to 50
    execution(handler).run(at_work)
    assert at_work.progress == (40, "half way")


def test_a_task_is_known_as_running_only_while_its_handler_is_called(execution: Execution) -> None:
    """The envelope appears with the start times, before the handler is called."""
    # Given a task that is not begun
    at_work = task()
    assert at_work.envelope is None
    seen: list[tuple[object, int]] = []

    def handler(*_: object) -> Done:
        seen.append((at_work.envelope, at_work.started_at))
        return PROFILED

    # When its handler is called, then both are set
    execution(handler).run(at_work)
    ((envelope, started_at),) = seen
    assert envelope is not None
    assert started_at == ManualClock().now_ms()


def _profiled(key_bytes: int) -> Done:
    profile = {"key": "k" * key_bytes, "size_bytes": 1}
    return Done({"profile": profile, "rows": 1, "columns": 2})
