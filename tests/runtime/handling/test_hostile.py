"""Hostile handlers: each costs its own job, and the loop meets only what fits."""

from collections.abc import Callable
from typing import Any

import pytest
from support.kafka.messages import SUBMITTED_AT, task
from support.rooms.handling import PROFILED, Run

from headway.base.errors import PermanentError
from headway.declared.handler import Context, Done, Job, ResultFile
from headway.outcomes.failed import Failed
from headway.outcomes.finished import Finished
from headway.wire.codec import Codec
from headway.wire.records import StageRecords


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
        PROFILED.payload,
        Done({}),
        Done(None),  # type: ignore[arg-type]  # what an author may get wrong
        Done({**PROFILED.payload, "rows": 2**70}),
        Done({**PROFILED.payload, "rows": "many"}),
        Done({**PROFILED.payload, "profile": {"key": "\ud800", "size_bytes": 1}}),
        Done({**PROFILED.payload, "profile": {"key": "k" * 1_000_000, "size_bytes": 1}}),
        Done(PROFILED.payload, result=5),  # type: ignore[arg-type]  # as above
        Done(PROFILED.payload, result=(None,)),  # type: ignore[arg-type]  # as above
        Done(PROFILED.payload, (ResultFile("n", "\ud800", "k", 1),)),
        Done(PROFILED.payload, (ResultFile("n", "t", "k" * 1_000_000, 1),)),
        Done(PROFILED.payload, (ResultFile("n", "t", "k", 2**63),)),
        Done(PROFILED.payload, (ResultFile("n", "t", "k", 1),) * 300_000),
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
    done = Done(PROFILED.payload, (ResultFile(name, "text/html", "k", 1),))

    # When it is told, then the job is done and its file has a name
    outcome = run(lambda *_: done, task())
    assert isinstance(outcome, Finished)
    (file,) = codec.decode(outcome.state, "job-state")["result"]
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
        return PROFILED

    # When it is run, then the job is done and its progress can be encoded
    at_work = task()
    assert isinstance(run(handler, at_work), Finished)
    assert at_work.envelope is not None
    assert at_work.progress is not None
    record = first.progress(at_work.envelope, *at_work.progress, SUBMITTED_AT)
    assert codec.decode(record, "job-progress")["note"] == told


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
        return PROFILED

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
        return PROFILED

    # When it is run, then the job has failed
    outcome = run(handler, task())
    assert isinstance(outcome, Failed)
    assert outcome.error_class == "TypeError"
