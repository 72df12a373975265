"""Records that no handler can be given fail, under the job they name if they name one."""

from support.kafka.messages import message, submission, task
from support.rooms.handling import Execution

from headway.declared.handler import Handler
from headway.outcomes.failed import Failed


def test_a_record_that_cannot_be_read_fails_the_job_its_key_names(
    execution: Execution, uncalled: Handler
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
    execution: Execution, uncalled: Handler
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
    execution: Execution, uncalled: Handler
) -> None:
    """Nobody can be told, but the bytes are kept."""
    # Given garbage without a key, when it comes to a worker, then it has failed
    outcome = execution(uncalled).run(task(received=message(b"garbage", key=None)))
    assert isinstance(outcome, Failed)
    assert outcome.envelope is None


def test_a_submission_without_its_key_fails_under_the_job_it_names(
    execution: Execution, uncalled: Handler
) -> None:
    """A producer that forgot the key is told what is missing."""
    # Given a readable record without a key
    outcome = execution(uncalled).run(task(received=message(submission("job-9"), key=None)))

    # When it came to a worker, then the job it names has failed
    assert isinstance(outcome, Failed)
    assert outcome.envelope is not None
    assert outcome.envelope["job_id"] == "job-9"
    assert "the key (none) is no job_id" in outcome.message
