"""What a stage reads and says of attempts behind the first."""

import pytest
from support.kafka.messages import SUBMITTED_AT, message, profile_done, submission

from headway.base.errors import DecodeError
from headway.wire.codec import Codec
from headway.wire.records import StageRecords


def test_a_submission_opens_the_attempt_it_names(first: StageRecords) -> None:
    """Its timeline begins with it."""
    # Given a submission of a job's third attempt, when it is opened
    envelope, _ = first.open(message(submission(attempt=3)))
    # Then the envelope is of that attempt
    assert envelope["attempt"] == 3
    assert envelope["timeline"] == [{"status": "QUEUED", "at": SUBMITTED_AT, "attempt": 3}]


def test_every_step_names_the_attempt_that_reached_it(last: StageRecords, codec: Codec) -> None:
    """What an earlier attempt came to stays in the timeline."""
    # Given a job in its second attempt, with a step of the first
    earlier = {"status": "FAILED", "at": SUBMITTED_AT, "attempt": 1}
    envelope, _ = last.open(message(profile_done(attempt=2, timeline=[earlier])))
    # When its stage runs, and fails
    error = {"stage": "p2", "error_class": "E", "message": "m", "retry_available": True}
    states = last.running(envelope, 5), last.failed(envelope, 6, error)
    # Then each says whose step is whose
    for state, status, at in zip(states, ("PROCESS_2_RUNNING", "FAILED"), (5, 6), strict=True):
        told = codec.decode(state, "job-state")
        assert told["timeline"] == [earlier, {"status": status, "at": at, "attempt": 2}]


@pytest.mark.parametrize("attempt", [0, -1, 1_000_001, 2**31 - 1])
def test_a_step_of_no_attempt_is_refused(last: StageRecords, attempt: int) -> None:
    """No stage writes it; readers have no room for it."""
    # Given a record with such a step, when it is opened, then it is refused
    steps = [{"status": "QUEUED", "at": 0, "attempt": attempt}]
    with pytest.raises(DecodeError, match=f"attempt of a step is {attempt}"):
        last.open(message(profile_done(timeline=steps)))


def test_a_record_that_cannot_be_opened_fails_the_attempt_it_names(last: StageRecords) -> None:
    """FAILED of an attempt below would be old news: the job would seem to run for ever."""
    # Given a record of a second attempt that is cut off behind its title, and one that is not ours
    cut, other = profile_done(attempt=2)[:40], b"garbage"
    # When there is need of an envelope
    made = [last.fallback(message(value)) for value in (cut, other)]
    # Then the one is of the second attempt; of the other nothing is known
    assert [envelope and envelope["attempt"] for envelope in made] == [2, 1]
