"""What a stage says of a job: its states, its output, its progress."""

from typing import Any

import pytest
from support.kafka.messages import SUBMITTED_AT, message, profile_done, submission

from headway.declared.handler import Done, ResultFile
from headway.declared.pipeline import Pipeline
from headway.wire.codec import Codec
from headway.wire.envelope import step_of
from headway.wire.records import StageRecords

_FILE = ResultFile("report.html", "text/html", "jobs/job-1/p2/report.html", 5)
_QUEUED = {"status": "QUEUED", "at": SUBMITTED_AT, "attempt": 1, "detail": None}


def test_a_running_state_says_since_when(
    first: StageRecords, codec: Codec, pipeline: Pipeline
) -> None:
    """The state of a job at work: the stage's status and percent, not terminal."""
    # Given an opened submission, when its handler runs
    envelope, _ = first.open(message(submission(), offset=42))
    state = codec.decode(first.states.running(envelope, SUBMITTED_AT + 9), "job-state")

    # Then the state is the whole of what is known
    running = {"status": "PROCESS_1_RUNNING", "at": SUBMITTED_AT + 9, "attempt": 1, "detail": None}
    assert state == {
        "job_id": "job-1",
        "attempt": 1,
        "order_key": None,
        "tags": [],
        "sources": [42],
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
        "due_at": None,
        "tries": 0,
        "since": None,
        "waits_at": None,
        "held": None,
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
        {"status": "PROCESS_1_RUNNING", "at": SUBMITTED_AT + 1, "attempt": 1, "detail": None},
        {"status": "PROCESS_1_DONE", "at": SUBMITTED_AT + 5, "attempt": 1, "detail": None},
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
    failure = last.states.failure(envelope, SUBMITTED_AT + 5, "why", began=SUBMITTED_AT + 2)
    told = _decoded(codec, last.states.failed(failure, SUBMITTED_AT + 5, error), "job-state")

    # Then the state says so
    assert (told["status"], told["progress"], told["step"]) == ("FAILED", 70, 1)
    assert (told["terminal"], told["error"], told["result"]) == (True, error, [])
    assert told["timeline"] == [
        _QUEUED,
        step_of("PROCESS_2_RUNNING", 1, SUBMITTED_AT + 2),
        step_of("FAILED", 1, SUBMITTED_AT + 5, "why"),
    ]


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
    told = _decoded(codec, last.states.failed(envelope, 5, error, reached=84), "job-state")

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
    return codec.decode(data, record)
