"""Log lines are JSON: an event name that stays, and its data as fields."""

import json
import logging
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from headway.observing.log import JsonFormatter, configure


@pytest.fixture
def root_logger() -> Iterator[logging.Logger]:
    """The root logger, put back as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield root
    root.handlers[:] = handlers
    root.setLevel(level)


def test_a_line_has_the_event_and_its_fields() -> None:
    """What is passed as `extra` stands beside the event; nothing of logging's own leaks."""
    # Given a record with data
    record = _record("job.failed", job_id="j", offset=7)
    record.created = datetime(2025, 11, 24, 12, 0, 0, 250_000, UTC).timestamp()

    # When it is written, then the line is exactly this
    assert _line(record) == {
        "at": "2025-11-24T12:00:00.250+00:00",
        "level": "warning",
        "service": "p1",
        "logger": "headway.test",
        "event": "job.failed",
        "job_id": "j",
        "offset": 7,
    }


def test_a_line_is_one_line() -> None:
    """Line breaks in data do not break the stream of lines."""
    # Given data with breaks and other alphabets
    record = _record("job.failed", error="a\nb ü 売")

    # When it is written, then it is one line in plain UTF-8
    text = JsonFormatter("p1").format(record)
    assert "\n" not in text
    assert "ü 売" in text


def test_an_exception_without_end_is_cut_in_the_middle() -> None:
    """A handler's message of megabytes costs a line of some thousand characters."""
    # Given a record with an exception that says 3 MB
    try:
        json.loads("{")
    except ValueError as error:
        trace = error.__traceback__
    said = ValueError("x" * 3_000_000 + "end")
    record = logging.LogRecord("n", logging.ERROR, "", 1, "e", None, (ValueError, said, trace))

    # When it is written, then its beginning and its end are there
    told = _line(record)["exception"]
    assert len(told) < 20_000
    assert told.startswith("Traceback")
    assert told.endswith("end")


def test_an_exception_is_a_field() -> None:
    """The traceback belongs to its event."""
    # Given a record with an exception
    try:
        json.loads("{")
    except ValueError:
        record = logging.LogRecord("n", logging.ERROR, "", 1, "e", None, sys.exc_info())

    # When it is written, then the traceback is in it
    assert "JSONDecodeError: Expecting property name" in _line(record)["exception"]


def test_data_that_json_does_not_know_is_told_as_text() -> None:
    """Logging never fails for its data."""
    # Given data of an odd type, when it is written, then it is text
    assert _line(_record("e", where={1}))["where"] == "{1}"


def test_a_configured_process_writes_json_to_stderr(
    root_logger: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever was configured before is replaced; less severe lines are left out."""
    # Given a process with another handler
    root_logger.addHandler(logging.NullHandler())

    # When it is configured and logs
    configure("p2", "WARNING")
    logging.getLogger("headway.test").info("not.told")
    logging.getLogger("headway.test").warning("told", extra={"n": 1})

    # Then there is one line on stderr, and nothing on stdout
    out, err = capsys.readouterr()
    (line,) = err.splitlines()
    assert out == ""
    assert json.loads(line).items() >= {"service": "p2", "event": "told", "n": 1}.items()


def _record(event: str, **extra: Any) -> logging.LogRecord:
    logger = logging.getLogger("headway.test")
    return logger.makeRecord(logger.name, logging.WARNING, "", 1, event, (), None, extra=extra)


def _line(record: logging.LogRecord) -> dict[str, Any]:
    line: dict[str, Any] = json.loads(JsonFormatter("p1").format(record))
    return line
