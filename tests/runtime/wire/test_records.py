"""What a stage reads and says: the envelope opened, carried on, told as state."""

from typing import Any

import pytest
from support.kafka.messages import SUBMITTED_AT, message, profile_done, submission

from headway.base.errors import DecodeError
from headway.declared.handler import Done, ResultFile
from headway.declared.pipeline import Pipeline
from headway.wire.codec import Codec
from headway.wire.records import UNKNOWN_OFFSET, StageRecords, job_id_from

_FILE = ResultFile("report.html", "text/html", "jobs/job-1/p2/report.html", 5)
_QUEUED = {"status": "QUEUED", "at": SUBMITTED_AT}


def test_the_first_stage_makes_the_envelope_of_the_submission(first: StageRecords) -> None:
    """Time and offset are the record's own; the rest of the value is the handler's."""
    # Given a submission
    received = message(submission(title="Umsätze.csv", delimiter=";"), offset=42)

    # When it is opened
    envelope, payload = first.open(received)

    # Then the envelope tells where the job began
    assert envelope == {
        "job_id": "job-1",
        "attempt": 1,
        "title": "Umsätze.csv",
        "submitted_at": SUBMITTED_AT,
        "submitted_offset": 42,
        "timeline": [_QUEUED],
    }
    assert payload == {"delimiter": ";", "source": {"content": b"a\n1\n"}}


def test_a_later_stage_takes_the_envelope_it_was_given(last: StageRecords) -> None:
    """What the first stage knew travels with the job; this record's own offset is of no matter."""
    # Given what the first stage wrote
    received = message(profile_done(attempt=3, submitted_offset=8), topic="jobs.p1-done", offset=99)

    # When it is opened, then the envelope is the one inside
    envelope, payload = last.open(received)
    assert (envelope["attempt"], envelope["submitted_offset"]) == (3, 8)
    assert payload.keys() == {"profile", "rows", "columns"}


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        (None, r"\(none\)"),
        (b"", "b''"),
        (b"with space", "b'with space'"),
        ("größe".encode(), "gr"),
        (b"x" * 129, "xxx"),
        (b"a/b", "a/b"),
    ],
)
def test_a_key_that_is_no_job_id_is_refused(
    first: StageRecords, key: bytes | None, shown: str
) -> None:
    """The key becomes part of paths and URLs; the message says what it may hold."""
    # Given a readable submission under such a key, when it is opened, then it is refused
    with pytest.raises(DecodeError, match=f"the key .*{shown}.* is no job_id: 1 to 128 characters"):
        first.open(message(submission(), key=key))


@pytest.mark.parametrize("job_id", ["a", "x" * 128, "A-Z.a_z-09"])
def test_a_job_id_may_be_any_of_its_characters(job_id: str) -> None:
    """Both ends of the length, and every kind of character."""
    # Given such a key, when it is read, then it is the job_id
    assert job_id_from(job_id.encode()) == job_id


def test_a_key_and_a_value_that_name_different_jobs_are_refused(first: StageRecords) -> None:
    """The key orders and partitions, the value is believed: they must agree."""
    # Given a submission under another job's key, when it is opened, then both are named
    with pytest.raises(DecodeError, match="the key says job other, the value says 'job-1'"):
        first.open(message(submission(), key=b"other"))


def test_a_record_of_another_topic_is_refused(last: StageRecords) -> None:
    """A submission in the second topic is no profile."""
    # Given a submission, when the last stage opens it, then both records are named
    with pytest.raises(DecodeError, match="is a job-submitted record; expected profile-done"):
        last.open(message(submission()))


def test_an_unreadable_submission_is_told_under_its_key(first: StageRecords) -> None:
    """What is known without the value: the job_id, when it came, where it lies."""
    # Given garbage under a good key, when there is need of an envelope, then there is one
    assert first.fallback(message(b"garbage", offset=5)) == {
        "job_id": "job-1",
        "attempt": 1,
        "title": "job-1",
        "submitted_at": SUBMITTED_AT,
        "submitted_offset": 5,
        "timeline": [_QUEUED],
    }


def test_an_unreadable_record_in_the_middle_has_an_unknown_submission(last: StageRecords) -> None:
    """The offset of the submission was in the bytes that cannot be read."""
    # Given garbage in a later topic, when there is need of an envelope, then the offset is unknown
    envelope = last.fallback(message(b"garbage", offset=5))
    assert envelope is not None
    assert envelope["submitted_offset"] == UNKNOWN_OFFSET


def test_a_job_id_inside_makes_up_for_a_missing_key(
    first: StageRecords, last: StageRecords
) -> None:
    """Both stages find it where their record has it."""
    # Given readable records without a usable key
    # When there is need of an envelope, then it is of the job inside
    for records, value in ((first, submission("in-1")), (last, profile_done("in-1"))):
        envelope = records.fallback(message(value, key=b"no job id!"))
        assert envelope is not None
        assert envelope["job_id"] == "in-1"


@pytest.mark.parametrize(
    "value", [None, b"", b"garbage", submission("no job id!"), submission("x" * 200)]
)
def test_a_record_that_names_no_job_has_no_envelope(
    first: StageRecords, value: bytes | None
) -> None:
    """There is nobody to tell."""
    # Given a record with no job_id anywhere, when there is need of an envelope, then there is none
    assert first.fallback(message(value, key=None)) is None


def test_a_running_state_says_since_when(
    first: StageRecords, codec: Codec, pipeline: Pipeline
) -> None:
    """The state of a job at work: the stage's status and percent, not terminal."""
    # Given an opened submission, when its handler runs
    envelope, _ = first.open(message(submission(), offset=42))
    state = codec.decode(first.running(envelope, SUBMITTED_AT + 9), "job-state").value

    # Then the state is the whole of what is known
    running = {"status": "PROCESS_1_RUNNING", "at": SUBMITTED_AT + 9}
    assert state == {
        "job_id": "job-1",
        "attempt": 1,
        "title": "data.csv",
        "submitted_at": SUBMITTED_AT,
        "submitted_offset": 42,
        "timeline": [_QUEUED, running],
        "updated_at": SUBMITTED_AT + 9,
        "stage_index": 1,
        "step": 0,
        "terminal": False,
        "status": "PROCESS_1_RUNNING",
        "progress": pipeline.stage("p1").running.progress,
        "stage": "p1",
        "error": None,
        "result": [],
    }
    assert envelope["timeline"] == [_QUEUED], "the envelope itself is left as it was"


def test_a_finished_stage_carries_the_envelope_on(first: StageRecords, codec: Codec) -> None:
    """Output and state tell the same times; a job in the middle is not over."""
    # Given an opened submission
    envelope, _ = first.open(message(submission()))
    payload = {"profile": {"key": "k", "size_bytes": 1}, "rows": 3, "columns": 2}

    # When its stage has finished
    output, state = first.finished(envelope, Done(payload), SUBMITTED_AT + 1, SUBMITTED_AT + 5)

    # Then the next stage opens what is now known
    carried = _decoded(codec, output, "profile-done")
    told = _decoded(codec, state, "job-state")
    assert {name: carried[name] for name in payload} == payload
    assert carried["job"] == envelope | {"timeline": told["timeline"]}
    assert told["timeline"] == [
        _QUEUED,
        {"status": "PROCESS_1_RUNNING", "at": SUBMITTED_AT + 1},
        {"status": "PROCESS_1_DONE", "at": SUBMITTED_AT + 5},
    ]
    assert (told["status"], told["progress"], told["step"]) == ("PROCESS_1_DONE", 50, 1)
    assert (told["terminal"], told["updated_at"]) == (False, SUBMITTED_AT + 5)


def test_the_last_stage_ends_the_job_and_names_its_files(last: StageRecords, codec: Codec) -> None:
    """COMPLETED is terminal and says what may be downloaded."""
    # Given a profiled job
    envelope, _ = last.open(message(profile_done()))
    file = {"name": _FILE.name, "media_type": _FILE.media_type, "key": _FILE.key, "size_bytes": 5}

    # When the last stage has finished
    done = Done({"files": [file]}, result=(_FILE,))
    output, state = last.finished(envelope, done, SUBMITTED_AT + 1, SUBMITTED_AT + 5)

    # Then both records name the file
    told = _decoded(codec, state, "job-state")
    assert (told["status"], told["progress"], told["terminal"]) == ("COMPLETED", 100, True)
    assert told["result"] == _decoded(codec, output, "job-completed")["files"] == [file]
    assert (told["stage"], told["stage_index"]) == ("p2", 2)


@pytest.mark.parametrize("with_letter", [True, False])
def test_a_failed_state_is_terminal_and_says_why(
    last: StageRecords, codec: Codec, *, with_letter: bool
) -> None:
    """The percent is that of the stage that gave up, if it had reported none."""
    # Given a profiled job and an error
    envelope, _ = last.open(message(profile_done()))
    letter = {"topic": "p2.dlq", "partition": 2, "offset": 3} if with_letter else None
    error = {
        "stage": "p2",
        "error_class": "PermanentError",
        "message": "Spalte „Größe“",
        "retry_available": False,
        "dead_letter": letter,
    }

    # When the stage gives it up
    told = _decoded(codec, last.failed(envelope, SUBMITTED_AT + 5, error), "job-state")

    # Then the state says so
    assert (told["status"], told["progress"], told["step"]) == ("FAILED", 70, 1)
    assert (told["terminal"], told["error"], told["result"]) == (True, error, [])
    assert told["timeline"] == [_QUEUED, {"status": "FAILED", "at": SUBMITTED_AT + 5}]


def test_a_failed_state_keeps_the_percent_that_was_reported(
    last: StageRecords, codec: Codec
) -> None:
    """Reports are lossy and kept for an hour; the state tells for good how far the job got."""
    # Given a profiled job that had come to 84 percent
    envelope, _ = last.open(message(profile_done()))
    error = {
        "stage": "p2",
        "error_class": "PermanentError",
        "message": "too wide",
        "retry_available": False,
        "dead_letter": None,
    }

    # When the stage gives it up
    told = _decoded(codec, last.failed(envelope, 5, error, reached=84), "job-state")

    # Then it has come to 84 percent
    assert told["progress"] == 84


def test_progress_names_the_attempt_and_the_stage(last: StageRecords, codec: Codec) -> None:
    """A reader merges it only into the run it speaks of."""
    # Given a job in its third attempt, when its progress is told
    envelope, _ = last.open(message(profile_done(attempt=3)))
    told = _decoded(codec, last.progress(envelope, 71, "drawing", 9), "job-progress")

    # Then run and percent are in it
    assert told == {
        "job_id": "job-1",
        "attempt": 3,
        "stage_index": 2,
        "progress": 71,
        "note": "drawing",
        "at": 9,
    }


def _decoded(codec: Codec, data: bytes, record: str) -> dict[str, Any]:
    return codec.decode(data, record).value
