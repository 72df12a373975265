"""What a watcher was told, against what it may be told."""

from typing import Any

import pytest

from headway.auditing.findings import Kind
from headway.auditing.streams import Seen, Stream, seen_of
from headway.declared.pipeline import Pipeline

_ENDS = {"COMPLETED", "FAILED", "CANCELLED"}


def _job(status: str, progress: int, attempt: int = 1) -> dict[str, Any]:
    told = {"job_id": "a", "status": status, "progress": progress, "attempt": attempt}
    return {**told, "terminal": status in _ENDS}


def _stream(*told: dict[str, Any]) -> Stream:
    stream = Stream(Pipeline.load())
    for job in told:
        stream.take("job", job)
    return stream


_LONG = (
    _job("QUEUED", 0),
    _job("PROCESS_1_RUNNING", 30),
    _job("PROCESS_1_RUNNING", 40),
    _job("RETRY_SCHEDULED", 40),
    _job("PROCESS_1_RUNNING", 40),
    _job("PROCESS_1_DONE", 50),
    _job("FAILED", 70),
    _job("FAILED", 70),
    _job("RETRY_SCHEDULED", 70, 2),
    _job("PROCESS_2_RUNNING", 70, 2),
    _job("CANCELLED", 70, 2),
    _job("QUEUED", 0, 3),
    _job("COMPLETED", 100, 3),
)


def test_a_job_may_go_on_come_again_and_begin_anew() -> None:
    """Later tries, repetitions after a resume, attempts: all of it is forward."""
    # Given a watcher of a job with everything in it, which came back once and waited
    stream = _stream(*_LONG)
    stream.take("waiting", {"reason": "the table of jobs is being built"})

    # When it is judged, at its end too, then nothing is found
    assert stream.findings == []
    assert list(stream.against({"a": seen_of(_LONG[-1])}, ["a"])) == []


@pytest.mark.parametrize(
    "told",
    [
        (_job("PROCESS_1_DONE", 50), _job("PROCESS_1_RUNNING", 50)),
        (_job("PROCESS_1_RUNNING", 40), _job("PROCESS_1_RUNNING", 30)),
        (_job("RETRY_SCHEDULED", 70), _job("PROCESS_1_DONE", 50)),
        (_job("COMPLETED", 100), _job("PROCESS_2_RUNNING", 70)),
        (_job("CANCELLED", 30), _job("COMPLETED", 100)),
        (_job("RETRY_SCHEDULED", 70, 2), _job("FAILED", 70)),
    ],
)
def test_a_job_that_goes_back_is_found(told: tuple[dict[str, Any], ...]) -> None:
    """By status, percent, attempt, or from an end to anything."""
    # Given a watcher that was told one thing and then another
    # When it is judged, then it went back
    (finding,) = _stream(*told).findings
    assert (finding.kind, finding.job_id) == (Kind.STREAM_BACK, "a")


def test_an_end_that_was_not_told_is_found() -> None:
    """The terminal state is the one thing that a watcher must not miss."""
    # Given a watcher that has seen a job run, and another that has seen nothing
    ended = {"a": Seen(1, "COMPLETED", 100, terminal=True)}
    watchers = [_stream(_job("PROCESS_2_RUNNING", 70)), _stream()]

    # When the job has ended, then both have missed it
    for stream in watchers:
        (finding,) = stream.against(ended, ["a"])
        assert finding.kind is Kind.STREAM_END

    # And who does not watch it misses nothing
    assert list(_stream().against(ended, [])) == []


def test_a_gap_is_found() -> None:
    """A watcher that came back and was not told what it had missed."""
    # Given one that has seen a job queued, which waits to be tried again by now
    stream = _stream(_job("QUEUED", 0))
    newest = {"a": Seen(1, "RETRY_SCHEDULED", 30, terminal=False)}

    # When all is quiet, then it has a gap
    (finding,) = stream.against(newest, ["a"])
    assert finding.kind is Kind.STREAM_GAP


@pytest.mark.parametrize("event", ["reset", "gone", "message"])
def test_what_no_watcher_should_be_told_is_found(event: str) -> None:
    """Nothing was lost or deleted here, so nobody may be told that it was."""
    # Given a watcher, when it is told so, then it is found
    stream = _stream()
    stream.take(event, {"job_id": "a", "reason": "the id is of other topics"})
    (finding,) = stream.findings
    assert (finding.kind, event in finding.text) == (Kind.STREAM_UNTRUE, True)
