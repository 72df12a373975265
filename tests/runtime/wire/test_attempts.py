"""What a stage reads and says of attempts behind the first."""

import pytest
from support.kafka.messages import SUBMITTED_AT, message, profile_done, submission

from headway.base.errors import DecodeError
from headway.wire.codec import Codec
from headway.wire.envelope import step_of
from headway.wire.records import StageRecords


def test_a_submission_opens_the_attempt_it_names(first: StageRecords) -> None:
    """Its timeline begins with it."""
    # Given a submission of a job's third attempt, when it is opened
    envelope, _ = first.open(message(submission(attempt=3)))
    # Then the envelope is of that attempt
    assert envelope["attempt"] == 3
    assert envelope["timeline"] == [step_of("QUEUED", 3, SUBMITTED_AT)]


def test_every_step_names_the_attempt_that_reached_it(last: StageRecords, codec: Codec) -> None:
    """What an earlier attempt came to stays in the timeline."""
    # Given a job in its second attempt, with a step of the first
    earlier = step_of("FAILED", 1, SUBMITTED_AT, "E: m")
    envelope, _ = last.open(message(profile_done(attempt=2, timeline=[earlier])))
    # When its stage runs, and fails
    error = {"stage": "p2", "error_class": "E", "message": "m", "retry_available": True}
    failure = last.states.failure(envelope, 6, "E: m", began=5)
    states = last.states.running(envelope, 5), last.states.failed(failure, 6, error)
    # Then each says whose step is whose
    ran, failed = step_of("PROCESS_2_RUNNING", 2, 5), step_of("FAILED", 2, 6, "E: m")
    told = [codec.decode(state, "job-state")["timeline"] for state in states]
    assert told == [[earlier, ran], [earlier, ran, failed]]


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
