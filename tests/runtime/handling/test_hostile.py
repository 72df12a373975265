"""Hostile records and handlers: each costs its own job, and the loop meets only what fits."""

from collections.abc import Callable
from typing import Any

import pytest
from support.clock import ManualClock
from support.kafka.messages import SUBMITTED_AT, message, partition, profile_done, submission, task

from headway.base.errors import DecodeError, PermanentError, WorkerCrashed
from headway.declared.handler import Context, Done, Handler, Job, ResultFile
from headway.declared.pipeline import Pipeline
from headway.declared.retry import RetryPolicy
from headway.declared.stage import Stage
from headway.edges import kafka
from headway.handling.usual import usual
from headway.outcomes.claims import Claims
from headway.outcomes.deadletter import letter
from headway.outcomes.failed import Failed
from headway.outcomes.finished import Finished
from headway.taking.task import Outcome, Task
from headway.wire.codec import Codec
from headway.wire.envelope import MOST_ATTEMPTS, MOST_STEPS
from headway.wire.records import MAX_RECORD_BYTES, StageRecords
from headway.wire.route import Origin

_PROFILED = Done({"profile": {"key": "k", "size_bytes": 1}, "rows": 1, "columns": 2})
_ORIGIN = Origin("p1", "p1")
_STEP = {"status": "QUEUED", "at": SUBMITTED_AT}
#: The years 0 and 10000, which no calendar has.
_TOO_EARLY, _TOO_LATE = -62_135_596_800_001, 253_402_300_800_000

Run = Callable[[Handler, Task], Outcome]


class _Mute(Exception):  # noqa: N818 - it says nothing
    def __str__(self) -> str:
        raise ValueError

    __repr__ = __str__


class _Masked(Exception):  # noqa: N818 - it is not what it says
    @property  # type: ignore[misc]  # the point of it
    def __class__(self) -> Any:
        raise ValueError


class _Panic(BaseException):
    """As Rust libraries raise it, outside of Exception."""


@pytest.fixture
def run(pipeline: Pipeline, first: StageRecords, claims: Claims) -> Run:
    """Runs a handler on a task in the first stage, with one repeat and no pause."""

    def run(handler: Handler, at_work: Task) -> Outcome:
        stage = Stage("p1", handler, RetryPolicy(calls=2, first_seconds=0, longest_seconds=0))
        declared, clock = pipeline.stage("p1"), ManualClock()
        return usual(stage, declared, first, claims=claims, clock=clock).run(at_work)

    return run


@pytest.fixture
def said(first: StageRecords, codec: Codec) -> Callable[[Task, Outcome], dict[str, Any]]:
    """Says what the loop says of a failed task: the error of its FAILED, as a reader has it."""

    def said(at_work: Task, outcome: Outcome) -> dict[str, Any]:
        assert isinstance(outcome, Failed)
        assert outcome.envelope is not None
        assert letter(at_work, outcome, _ORIGIN).value == at_work.message.value()
        state = first.failed(outcome.envelope, outcome.at, _error_of(outcome))
        assert len(state) <= MAX_RECORD_BYTES
        error: dict[str, Any] = codec.decode(state, "job-state").value["error"]
        return error

    return said


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ValueError("half a pair \ud800"), "half a pair \ufffd"),
        (PermanentError("\udfff"), "\ufffd"),
        (ValueError("x" * 3_000_000), "x" * 1999 + "…"),
        (_Mute(), "(_Mute without words: its __str__ raises ValueError)"),
        (KeyError(_Mute()), "(KeyError without words: its __str__ raises ValueError)"),
        (SystemExit(1), "1"),
        (KeyboardInterrupt(), "KeyboardInterrupt"),
        (GeneratorExit(), "GeneratorExit"),
        (_Panic("native code"), "native code"),
        (MemoryError(), "MemoryError"),
        (RecursionError("too deep"), "too deep"),
        (StopIteration(), "StopIteration"),
        (ExceptionGroup("several", [ValueError(1)]), "several (1 sub-exception)"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else None,
)
def test_whatever_a_handler_raises_fails_its_job_with_words_that_fit(
    run: Run, said: Callable[..., dict[str, Any]], error: BaseException, words: str
) -> None:
    """No message, and no exception without one, gets past the worker that met it."""

    # Given a handler that raises it
    def handler(*_: object) -> Done:
        raise error

    # When it is run, then the job has failed with it
    at_work = task()
    told = said(at_work, run(handler, at_work))
    assert (told["error_class"], told["message"]) == (type(error).__name__, words)


def test_an_exception_that_lies_about_its_class_fails_its_job(run: Run) -> None:
    """Even looking at an exception may raise: it costs the job and not the thread."""

    # Given a handler that raises what cannot be looked at
    def handler(*_: object) -> Done:
        raise _Masked

    # When it is run, then there is an outcome
    assert isinstance(run(handler, task()), Failed)


@pytest.mark.parametrize(
    "done",
    [
        None,
        5,
        _PROFILED.payload,
        Done({}),
        Done(None),  # type: ignore[arg-type]  # what an author may get wrong
        Done({**_PROFILED.payload, "rows": 2**70}),
        Done({**_PROFILED.payload, "rows": "many"}),
        Done({**_PROFILED.payload, "profile": {"key": "\ud800", "size_bytes": 1}}),
        Done({**_PROFILED.payload, "profile": {"key": "k" * 1_000_000, "size_bytes": 1}}),
        Done(_PROFILED.payload, result=5),  # type: ignore[arg-type]  # as above
        Done(_PROFILED.payload, result=(None,)),  # type: ignore[arg-type]  # as above
        Done(_PROFILED.payload, (ResultFile("n", "\ud800", "k", 1),)),
        Done(_PROFILED.payload, (ResultFile("n", "t", "k" * 1_000_000, 1),)),
        Done(_PROFILED.payload, (ResultFile("n", "t", "k", 2**63),)),
        Done(_PROFILED.payload, (ResultFile("n", "t", "k", 1),) * 300_000),
    ],
    ids=range(15),
)
def test_whatever_a_handler_returns_that_is_no_result_fails_its_job(
    run: Run, said: Callable[..., dict[str, Any]], done: Any
) -> None:
    """Wrong types, numbers and texts, and results above the size of a record."""
    # Given a handler that returns it, when it is run, then the job has failed with a reason
    at_work = task()
    assert said(at_work, run(lambda *_: done, at_work))["message"]


@pytest.mark.parametrize(
    ("name", "told"), [("a\ud800b", "a\ufffdb"), ("n" * 2_000_000, "n" * 254 + "…"), (5, "5")]
)
def test_the_name_of_a_file_is_told_in_words_that_fit(
    run: Run, codec: Codec, name: Any, told: str
) -> None:
    """A name is for people: the file is there whatever it is called."""
    # Given a result with such a name
    done = Done(_PROFILED.payload, (ResultFile(name, "text/html", "k", 1),))

    # When it is told, then the job is done and its file has a name
    outcome = run(lambda *_: done, task())
    assert isinstance(outcome, Finished)
    (file,) = codec.decode(outcome.state, "job-state").value["result"]
    assert file["name"] == told


@pytest.mark.parametrize(
    ("note", "told"),
    [
        (None, "None"),
        ("half a pair \ud800", "half a pair \ufffd"),
        ("x" * 2_000_000, "x" * 499 + "…"),
        (_Mute(), "(_Mute without words: its __str__ raises ValueError)"),
        (b"bytes", "b'bytes'"),
    ],
    ids=["None", "surrogate", "long", "mute", "bytes"],
)
def test_whatever_a_handler_notes_is_told_as_text_that_fits(
    run: Run, first: StageRecords, codec: Codec, note: Any, told: str
) -> None:
    """A note is for the eye: no job fails for it, and the loop can send it."""

    # Given a handler that notes it
    def handler(_: Job, context: Context) -> Done:
        context.report(0.5, note)
        return _PROFILED

    # When it is run, then the job is done and its progress can be encoded
    at_work = task()
    assert isinstance(run(handler, at_work), Finished)
    assert at_work.envelope is not None
    assert at_work.progress is not None
    record = first.progress(at_work.envelope, *at_work.progress, SUBMITTED_AT)
    assert codec.decode(record, "job-progress").value["note"] == told


@pytest.mark.parametrize(
    ("fraction", "percent"),
    [(float("nan"), 30), (float("inf"), 49), (-1, 30), (True, 49), ("0.5", 40), (10**400, None)],
    ids=str,
)
def test_a_fraction_that_is_no_share_of_the_work_is_told_as_the_nearest(
    run: Run, fraction: Any, percent: int | None
) -> None:
    """Nothing divided by nothing is no progress; what is no number at all is the job's error."""

    # Given a handler that reports it
    def handler(_: Job, context: Context) -> Done:
        context.report(fraction)
        return _PROFILED

    # When it is run, then its progress is a percent of the stage, or the job has failed
    at_work = task()
    outcome = run(handler, at_work)
    assert at_work.progress == (None if percent is None else (percent, ""))
    assert isinstance(outcome, Failed if percent is None else Finished)


def test_a_report_without_a_number_is_the_jobs_error(run: Run) -> None:
    """The author sees it at the first run, as any other wrong argument."""

    # Given a handler that reports nothing
    def handler(_: Job, context: Context) -> Done:
        context.report(None)  # type: ignore[arg-type]  # what an author may get wrong
        return _PROFILED

    # When it is run, then the job has failed
    outcome = run(handler, task())
    assert isinstance(outcome, Failed)
    assert outcome.error_class == "TypeError"


@pytest.mark.parametrize("title", ["x" * 1_048_000, "📊" * 250_000])
def test_a_job_with_an_endless_title_runs_and_its_states_are_small(
    run: Run, first: StageRecords, codec: Codec, title: str
) -> None:
    """A user would rather see the job run; the submission keeps the title as it was."""
    # Given a submission with a title of a megabyte
    at_work = task(received=message(submission(title=title)))

    # When it is run
    outcome = run(lambda *_: _PROFILED, at_work)

    # Then it is done, and every state of it has the beginning of the title
    assert isinstance(outcome, Finished)
    assert at_work.envelope is not None
    for state in (outcome.state, first.running(at_work.envelope, SUBMITTED_AT)):
        assert len(state) < 2000
        assert codec.decode(state, "job-state").value["title"] == title[:254] + "…"


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
        submitted_at=_TOO_LATE - 1,
        submitted_offset=2**63 - 1,
        timeline=[{"status": status, "at": _TOO_LATE - 1}] * 1000,
    )
    envelope, _ = last.open(message(value, key=b"j" * 128))

    # When its states are said with the longest words and the farthest place
    failed = Failed.of(ValueError("📊" * 5000), envelope=envelope, at=_TOO_LATE - 1)
    error = _error_of(failed, topic="t" * 249, offset=2**63 - 1)
    states = [
        last.running(envelope, _TOO_LATE - 1),
        last.failed(envelope, _TOO_LATE - 1, error),
        last.finished(envelope, Done({"files": []}), _TOO_LATE - 1, _TOO_LATE - 1)[1],
    ]

    # Then all of them fit, with the first of the timeline and the newest
    for state in states:
        assert len(state) < 20_000
        timeline = codec.decode(state, "job-state").value["timeline"]
        assert len(timeline) == MOST_STEPS
        assert (timeline[0]["status"], timeline[-1]["status"] != status) == (status, True)


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
        ({"submitted_at": _TOO_LATE}, "submitted_at is 253402300800000"),
        ({"submitted_at": _TOO_EARLY}, "submitted_at is -62135596800001"),
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
    assert last.running(envelope, SUBMITTED_AT)


@pytest.mark.parametrize("timestamp_ms", [2**63 - 1, -(2**63), -1])
def test_a_producers_clock_is_no_reason_to_refuse_a_job(
    run: Run, first: StageRecords, timestamp_ms: int
) -> None:
    """A time that no calendar has becomes the nearest that one has."""
    # Given a submission from the end of time, and garbage from there
    for value in (submission(), b"garbage"):
        at_work = task(received=message(value, timestamp_ms=timestamp_ms))

        # When it is met, then its states can be said
        outcome = run(lambda *_: _PROFILED, at_work)
        envelope = outcome.envelope if isinstance(outcome, Failed) else at_work.envelope
        assert envelope is not None
        assert _TOO_EARLY < envelope["submitted_at"] < _TOO_LATE
        assert first.running(envelope, SUBMITTED_AT)


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
    outcome = run(lambda *_: _PROFILED, at_work)
    assert isinstance(outcome, Failed)
    assert outcome.error_class == "DecodeError"
    assert letter(at_work, outcome, _ORIGIN)


def test_a_record_the_loop_gives_up_fails_without_a_call(run: Run) -> None:
    """A job that keeps killing its process is not met again by a handler."""
    # Given a task that the loop gave up
    at_work = task(partition())
    at_work.given_up = WorkerCrashed("3 processes died with this job")
    calls: list[int] = []

    def handler(*_: object) -> Done:
        calls.append(1)
        return _PROFILED

    # When it comes to a worker, then its job has failed as itself and nothing was called
    outcome = run(handler, at_work)
    assert isinstance(outcome, Failed)
    assert (outcome.error_class, outcome.retry_available) == ("WorkerCrashed", True)
    assert outcome.envelope is not None
    assert (outcome.envelope["title"], calls, at_work.envelope) == ("data.csv", [], None)


def _error_of(failed: Failed, *, topic: str = "p1.dlq", offset: int = 1) -> dict[str, Any]:
    """As the transaction says it."""
    return {
        "stage": "p1",
        "error_class": failed.error_class,
        "message": failed.message,
        "retry_available": failed.retry_available,
        "dead_letter": {"topic": topic, "partition": 2, "offset": offset},
    }
