"""A handler in a worker process: the same results, errors and reports as in a thread."""

import threading
from pathlib import Path

import pytest
from support.stages.isolated import Wanted, call, isolated
from support.waiting import wait_until

from headway.base.errors import PermanentError, TransientError
from headway.workers.processes import InProcesses


def test_a_result_is_what_the_handler_returned(handler: InProcesses) -> None:
    """Payload and files cross the border whole."""
    # Given a handler whose result has files, when it is called
    done = call(handler, "hugefiles:3")

    # Then all is there
    assert done.payload == {"profile": {"key": "k", "size_bytes": 1}, "rows": 1, "columns": 1}
    assert [file.name for file in done.result] == ["0.txt", "1.txt", "2.txt"]


@pytest.mark.parametrize(
    ("title", "kind", "name", "message"),
    [
        ("permanent:no such column", PermanentError, "PermanentError", "no such column"),
        ("transient:1", TransientError, "TransientError", "failure 1"),
        ("bug", Exception, "LookupError", "nobody expected this"),
        ("recursion", Exception, "RecursionError", "maximum recursion depth exceeded"),
        ("systemexit", Exception, "SystemExit", "3"),
        ("baseexc", Exception, "_Unruly", "no exception"),
        ("badstr", Exception, "_NoWords", "without words"),
        ("surrogate", PermanentError, "PermanentError", "half a pair"),
        ("unpicklable", Exception, "_Unpicklable", "lambda"),
        ("badresult:none", Exception, "TypeError", "NoneType instead of Done"),
        ("badresult:text", Exception, "TypeError", "str instead of Done"),
        ("badresult:types", PermanentError, "PermanentError", "builtins.object"),
        ("bignoteexc:5000000", PermanentError, "PermanentError", "xxx"),
        ("badfraction:x", Exception, "ValueError", "could not convert"),
    ],
)
def test_an_error_keeps_its_name_its_message_and_its_fate(
    handler: InProcesses, title: str, kind: type[Exception], name: str, message: str
) -> None:
    """What decides about the job is the same as in a thread, and the process goes on."""
    # Given a handler that raises, when it is called
    with pytest.raises(kind) as raised:
        call(handler, title)

    # Then the error is the one raised, as far as anybody can tell, and bounded
    assert type(raised.value).__name__ == name
    assert message in str(raised.value)
    assert len(str(raised.value)) <= 2000

    # And the next job is done by the same process
    first = _pid(handler)
    assert call(handler, "ok").payload
    assert _pid(handler) == first


def test_a_result_too_large_fails_its_job_alone(handler: InProcesses) -> None:
    """It is refused where it was made, and never held by the stage."""
    # Given a result above what is read, when it is returned
    with pytest.raises(PermanentError, match="belongs in the object store"):
        call(handler, "hugefiles:400000")

    # Then the process goes on
    assert call(handler, "ok").payload


def test_an_error_has_the_trace_of_its_process(handler: InProcesses) -> None:
    """Whoever looks for the bug finds the line."""
    # Given an unexpected error, when it is raised, then its note names the place
    with pytest.raises(Exception, match="nobody expected this") as raised:
        call(handler, "bug")
    assert "verbs.py" in raised.value.__notes__[0]


def test_reports_cross_the_border_while_the_handler_works(
    handler: InProcesses, tmp_path: Path
) -> None:
    """A watcher sees how far a job is, as from a thread."""
    # Given a handler that has reported and works on
    gate, context = tmp_path / "gate", Wanted()
    thread = threading.Thread(target=call, args=(handler, f"hold:{gate}", context))
    thread.start()

    # When its job is looked at, then the report is there
    wait_until(lambda: context.reports == [(0.5, "half way")], lambda: context.reports)
    gate.touch()
    thread.join()


@pytest.mark.parametrize("title", ["badnote", "surrogatenote", "bignote:5000000"])
def test_any_note_crosses_the_border_bounded(handler: InProcesses, title: str) -> None:
    """Nothing a handler says is too large or too strange to be carried."""
    # Given a handler with a strange note, when it reports, then it goes on, and so does the job
    context = Wanted()
    call(handler, title, context)
    assert all(len(note.encode()) <= 2000 for _, note in context.reports)


def test_as_many_calls_run_at_once_as_there_are_workers(tmp_path: Path) -> None:
    """Each has a process of its own."""
    # Given three workers, and calls that end only when a file is there
    gate = tmp_path / "gate"
    contexts = [Wanted() for _ in range(3)]
    with isolated(tmp_path / "scratch", concurrency=3) as handler:
        threads = [
            threading.Thread(target=call, args=(handler, f"hold:{gate}", context))
            for context in contexts
        ]
        for thread in threads:
            thread.start()

        # When all have begun, then they run at once
        wait_until(lambda: all(context.reports for context in contexts))
        gate.touch()
        for thread in threads:
            thread.join()


def _pid(handler: InProcesses) -> int | None:
    return handler._workers[0].pid
