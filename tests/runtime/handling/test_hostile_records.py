"""Hostile records: whatever they carry, every state of their job fits, and the loop goes on."""

from typing import Any

import pytest
from support.kafka.messages import SUBMITTED_AT, message, partition, profile_done, submission, task
from support.rooms.handling import CARRIED, ORIGIN, PROFILED, TOO_EARLY, TOO_LATE, Run, error_of

from headway.base.errors import DecodeError, WorkerCrashed
from headway.declared.handler import Done
from headway.edges import kafka
from headway.outcomes.deadletter import letter
from headway.outcomes.failed import Failed
from headway.outcomes.finished import Finished
from headway.wire.codec import Codec
from headway.wire.envelope import MOST_ATTEMPTS, MOST_DETAIL_CHARACTERS, MOST_STEPS, Envelope
from headway.wire.records import MAX_RECORD_BYTES, StageRecords

_STEP = {"status": "QUEUED", "at": SUBMITTED_AT}


@pytest.mark.parametrize("title", ["x" * 1_048_000, "📊" * 250_000])
def test_a_job_with_an_endless_title_runs_and_its_states_are_small(
    run: Run, first: StageRecords, codec: Codec, title: str
) -> None:
    """A user would rather see the job run; the submission keeps the title as it was."""
    # Given a submission with a title of a megabyte
    at_work = task(received=message(submission(title=title)))

    # When it is run
    outcome = run(lambda *_: PROFILED, at_work)

    # Then it is done, and every state of it has the beginning of the title
    assert isinstance(outcome, Finished)
    assert at_work.envelope is not None
    for state in (outcome.state, first.states.running(at_work.envelope, SUBMITTED_AT)):
        assert len(state) < 2000
        assert codec.decode(state, "job-state")["title"] == title[:254] + "…"


def test_every_state_fits_a_record_whatever_the_job_carries(
    last: StageRecords, codec: Codec
) -> None:
    """The longest of everything that can be opened, in every state that can be said."""
    # Given a job with the longest of each field that is opened
    status = "S" * 64
    value = profile_done(
        "j" * 128,
        attempt=MOST_ATTEMPTS,
        title="📊" * 200_000,
        submitted_at=TOO_LATE - 1,
        submitted_offset=2**63 - 1,
        timeline=[{"status": status, "at": TOO_LATE - 1, "detail": "📊" * 400}] * 600,
    )
    envelope, _ = last.open(message(value, key=b"j" * 128))

    # When its states are said with the longest words and the farthest place
    failed = Failed.of(ValueError("📊" * 5000), envelope=envelope, at=TOO_LATE - 1)
    error = error_of(failed, topic="t" * 249, offset=2**63 - 1)
    states = _every_state(last, envelope, failed, error)

    # Then all of them fit, with the first of the timeline and the newest
    for state in states:
        assert len(state) < MAX_RECORD_BYTES / 10
        timeline = codec.decode(state, "job-state")["timeline"]
        assert len(timeline) == MOST_STEPS
        assert (timeline[0]["status"], timeline[-1]["status"] != status) == (status, True)
        assert all(len(step["detail"] or "") <= MOST_DETAIL_CHARACTERS for step in timeline)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"attempt": 0}, "attempt is 0"),
        ({"attempt": -1}, "attempt is -1"),
        ({"attempt": MOST_ATTEMPTS + 1}, "attempt is 1000001"),
        ({"attempt": 2**31 - 1}, "attempt is 2147483647"),
        ({"attempt": 2**31}, "attempt is 2147483648"),
        ({"attempt": 2**63 - 1}, "no int at byte 16"),
        ({"submitted_offset": -2}, "submitted_offset is -2"),
        ({"submitted_at": TOO_LATE}, "submitted_at is 253402300800000"),
        ({"submitted_at": TOO_EARLY}, "submitted_at is -62135596800001"),
        ({"submitted_at": -(2**63)}, "submitted_at"),
        ({"timeline": [_STEP] * 1001}, "length of timeline is 1001"),
        ({"timeline": [{"status": "S" * 65, "at": 0}]}, "status is 'SSS"),
        ({"timeline": [{"status": "S" * 900_000, "at": 0}]}, "status is 'SSS"),
        ({"timeline": [{"status": "<b>", "at": 0}]}, "status is '<b>'"),
        ({"timeline": [{"status": "", "at": 0}]}, "status is ''"),
        ({"timeline": [_STEP, {"status": "QUEUED", "at": 2**62}]}, "time of a step"),
    ],
)
def test_an_envelope_that_no_stage_writes_is_refused(
    last: StageRecords, changed: dict[str, Any], words: str
) -> None:
    """What would break a reader of states is a dead letter of the stage that meets it."""
    # Given a record with a field outside its bounds, when it is opened, then it is refused
    with pytest.raises(DecodeError, match=words):
        last.open(message(profile_done(**changed)))


def test_a_timeline_without_steps_is_taken(last: StageRecords) -> None:
    """It harms nobody."""
    # Given a job that tells nothing of itself, when it is opened and said, then it is
    envelope, _ = last.open(message(profile_done(timeline=[])))
    assert last.states.running(envelope, SUBMITTED_AT)


@pytest.mark.parametrize("timestamp_ms", [2**63 - 1, -(2**63), -1])
def test_a_producers_clock_is_no_reason_to_refuse_a_job(
    run: Run, first: StageRecords, timestamp_ms: int
) -> None:
    """A time that no calendar has becomes the nearest that one has."""
    # Given a submission from the end of time, and garbage from there
    for value in (submission(), b"garbage"):
        at_work = task(received=message(value, timestamp_ms=timestamp_ms))

        # When it is met, then its states can be said
        outcome = run(lambda *_: PROFILED, at_work)
        envelope = outcome.envelope if isinstance(outcome, Failed) else at_work.envelope
        assert envelope is not None
        assert TOO_EARLY < envelope["submitted_at"] < TOO_LATE
        assert first.states.running(envelope, SUBMITTED_AT)


@pytest.mark.parametrize(
    "received",
    [
        message(b"\x00" * 5_000_000),
        message(b"garbage", key=b"k" * 5_000_000),
        message(b"garbage", key=b"\xff\xfe"),
        message(None, key=None),
        message(profile_done()),
        message(submission("job-2")),
    ],
    ids=["zeros", "long key", "key is no text", "nothing", "other record", "other job"],
)
def test_whatever_a_record_is_it_becomes_a_failure_with_a_letter(
    run: Run, received: kafka.Message
) -> None:
    """No handler sees it, and the words about it are bounded."""
    # Given a record that is no submission of its key, when it is met, then it has failed
    at_work = task(received=received)
    outcome = run(lambda *_: PROFILED, at_work)
    assert isinstance(outcome, Failed)
    assert outcome.error_class == "DecodeError"
    assert letter(at_work, outcome, ORIGIN, CARRIED)


def test_a_record_the_loop_gives_up_fails_without_a_call(run: Run) -> None:
    """A job that keeps killing its process is not met again by a handler."""
    # Given a task that the loop gave up
    at_work = task(partition())
    at_work.given_up = WorkerCrashed("3 processes died with this job")
    calls: list[int] = []

    def handler(*_: object) -> Done:
        calls.append(1)
        return PROFILED

    # When it comes to a worker, then its job has failed as itself and nothing was called
    outcome = run(handler, at_work)
    assert isinstance(outcome, Failed)
    assert (outcome.error_class, outcome.retry_available) == ("WorkerCrashed", True)
    assert outcome.envelope is not None
    assert (outcome.envelope["title"], calls, at_work.envelope) == ("data.csv", [], None)


def _every_state(
    last: StageRecords, envelope: Envelope, failed: Failed, error: dict[str, Any]
) -> list[bytes]:
    """What the last stage can say of a job, each with all that a state has room for."""
    at, states, place = TOO_LATE - 1, last.states, error["dead_letter"]
    failure = states.failure(envelope, at, failed.detail, began=at)
    put_off = states.postponement(envelope, at, failed.detail, began=at)
    return [
        states.running(envelope, at),
        states.failed(failure, at, error),
        states.retry_scheduled(put_off, at, error=error, due_at=at, tries=99, waits_at=place),
        states.cancelled(envelope, at, failed.message, began=at),
        last.finished(envelope, Done({"files": []}), at, at)[1],
    ]
