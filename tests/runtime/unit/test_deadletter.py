"""Dead letters: what is told about a record that was given up, beside its own bytes."""

import pytest
from support.messages import SUBMITTED_AT, message

from headway.deadletter import Origin, error_message, headers
from headway.errors import PermanentError
from headway.tasks import Failed

_ORIGIN = Origin(stage="p1", group="blue.p1")


def test_the_headers_say_where_the_record_came_from_and_why_it_was_given_up() -> None:
    """Everything a redrive or an investigation needs, as text."""
    # Given a record that was given up in its second attempt
    error = PermanentError("Row 3 is odd: „ü“")
    failed = Failed(error, retry_available=False, envelope={"attempt": 2}, at=SUBMITTED_AT + 9)
    received = message(b"bytes", topic="blue.jobs.submitted", partition=4, offset=17)

    # When its headers are made, then they tell all of it
    assert headers(received, failed, _ORIGIN) == [
        ("headway.topic", b"blue.jobs.submitted"),
        ("headway.partition", b"4"),
        ("headway.offset", b"17"),
        ("headway.timestamp", str(SUBMITTED_AT).encode()),
        ("headway.group", b"blue.p1"),
        ("headway.stage", b"p1"),
        ("headway.attempt", b"2"),
        ("headway.error.class", b"PermanentError"),
        ("headway.error.message", "Row 3 is odd: „ü“".encode()),
        ("headway.failed.at", str(SUBMITTED_AT + 9).encode()),
    ]


def test_the_headers_of_the_record_itself_come_first_and_unchanged() -> None:
    """A producer's trace id, or an earlier dead letter's headers, are kept as they were."""
    # Given a record with headers, one of them doubled, one empty, one of ours from before
    own: list[tuple[str, str | bytes | None]] = [
        ("trace", b"1"),
        ("trace", b"2"),
        ("empty", None),
        ("headway.offset", b"3"),
    ]
    failed = Failed(ValueError(), retry_available=True, envelope=None, at=0)

    # When its headers are made, then its own stand in front
    found = headers(message(headers=own), failed, _ORIGIN)
    assert found[: len(own)] == own
    assert found[len(own)][0] == "headway.topic"


def test_a_record_of_no_known_job_is_in_its_first_attempt() -> None:
    """Where nothing could be read, nothing is claimed beyond the first try."""
    # Given a failure without an envelope, when its headers are made, then the attempt is 1
    failed = Failed(ValueError("?"), retry_available=False, envelope=None, at=0)
    assert ("headway.attempt", b"1") in headers(message(), failed, _ORIGIN)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (PermanentError("Row 3 is odd."), "Row 3 is odd."),
        (MemoryError(), "MemoryError"),
        (ValueError("x" * 5000), "x" * 2000),
    ],
)
def test_an_error_is_told_in_its_words_or_by_its_class(error: Exception, told: str) -> None:
    """A message is never empty, and never so long that the record does not fit."""
    # Given an error, when it is told, then in a bounded number of characters
    assert error_message(error) == told
