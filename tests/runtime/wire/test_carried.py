"""What goes with a record that is tried again or given up: read as it was written, or refused."""

from typing import Any

import pytest
from support.kafka.messages import SUBMITTED_AT, envelope, message, submission

from headway.base.errors import DecodeError
from headway.base.words import MOST_MESSAGE_CHARACTERS
from headway.wire.carried import CARRIED, Carried, CarriedRecords, FirstPlace, without
from headway.wire.codec import Codec
from headway.wire.envelope import MOST_ATTEMPTS, MOST_DETAIL_CHARACTERS, step_of

_PLACE = FirstPlace("jobs.p1-done", 5, 2**40, SUBMITTED_AT)
_LATE = SUBMITTED_AT + 5000


@pytest.fixture
def records(codec: Codec) -> CarriedRecords:
    return CarriedRecords(codec)


@pytest.mark.parametrize(
    "carried",
    [
        Carried(envelope(), _PLACE),
        Carried(
            envelope()
            | {"attempt": 7, "timeline": [step_of("RETRY_SCHEDULED", 7, _LATE, "OSError: „weg“")]},
            _PLACE,
            tries=3,
            since=SUBMITTED_AT,
            due_at=_LATE,
            error_class="OSError",
            message="„weg“ 📊",
            reached=42,
        ),
        Carried(envelope() | {"timeline": []}, FirstPlace("", 0, -1, -1), tries=2**31 - 1),
    ],
    ids=["first", "again", "edges"],
)
def test_what_was_carried_is_what_is_read(records: CarriedRecords, carried: Carried) -> None:
    """Job, tries, times, place and reason, whatever the record's own headers are."""
    # Given a record of other headers that carries a job
    received = message(headers=[("traceparent", b"00-1"), records.header(carried), ("b", None)])

    # When it is read, then nothing has changed
    assert records.of(received) == carried


def test_of_two_the_last_is_believed(records: CarriedRecords) -> None:
    """A stage puts its own behind what a producer sent under that name."""
    # Given a record with a header that somebody else put there, and the stage's
    ours = Carried(envelope(), _PLACE, tries=2)
    received = message(headers=[(CARRIED, b"not ours"), records.header(ours)])

    # When it is read, then the stage's is
    assert records.of(received) == ours


@pytest.mark.parametrize("headers", [None, [], [("headway.stage", b"p1")]])
def test_a_record_that_carries_nothing_is_refused(
    records: CarriedRecords, headers: list[tuple[str, str | bytes | None]] | None
) -> None:
    """Whoever wrote it into a tier was no stage."""
    # Given a record without the header, when it is read, then that is said by its name
    with pytest.raises(DecodeError, match=f"no header {CARRIED}: no stage put it here"):
        records.of(message(submission(), headers=headers))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "the value is empty"),
        (b"", "the value is empty"),
        ("text", "not Avro single-object encoding"),
        (b"\xde\xad\xbe\xef", "not Avro single-object encoding"),
        (submission(), "is a job-submitted record; expected carried"),
    ],
    ids=["nothing", "empty", "text", "garbage", "other record"],
)
def test_a_header_that_no_stage_writes_is_refused(
    records: CarriedRecords, value: str | bytes | None, words: str
) -> None:
    """It is one bad record, and it says what it is."""
    # Given a record whose header is something else, when it is read, then it is refused
    with pytest.raises(DecodeError, match=words):
        records.of(message(headers=[(CARRIED, value)]))


def test_a_header_that_is_cut_or_longer_is_refused(records: CarriedRecords) -> None:
    """Wherever it breaks off, and with a byte more."""
    # Given what a stage carries
    _, whole = records.header(Carried(envelope(), _PLACE, error_class="E", message="m"))

    # When any shorter or longer bytes are read, then they are refused
    for value in (*(whole[:size] for size in range(len(whole))), whole + b"\x00"):
        with pytest.raises(DecodeError):
            records.of(message(headers=[(CARRIED, value)]))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"attempt": 0}, "attempt is 0"),
        ({"attempt": MOST_ATTEMPTS + 1}, "attempt is 1000001"),
        ({"submitted_offset": -2}, "submitted_offset is -2"),
        ({"submitted_at": 2**62}, "submitted_at is"),
        ({"timeline": [step_of("<b>", 1, 0)]}, "status is '<b>'"),
        ({"timeline": [step_of("QUEUED", 0, 0)]}, "attempt of a step is 0"),
        ({"timeline": [step_of("QUEUED", 1, 0)] * 1001}, "length of timeline is 1001"),
    ],
)
def test_a_job_outside_what_a_stage_writes_is_refused(
    records: CarriedRecords, changed: dict[str, Any], words: str
) -> None:
    """The bounds of an envelope hold wherever it is read."""
    # Given a carried job with a field outside its bounds, when it is read, then it is refused
    header = records.header(Carried(envelope() | changed, _PLACE))
    with pytest.raises(DecodeError, match=words):
        records.of(message(headers=[header]))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"tries": -1}, "tries is -1"),
        ({"since": -(2**63)}, "since is -9223372036854775808"),
        ({"due_at": 2**63 - 1}, "due_at is 9223372036854775807"),
        ({"reached": 101}, "reached is 101"),
    ],
)
def test_numbers_outside_what_a_stage_writes_are_refused(
    records: CarriedRecords, changed: dict[str, Any], words: str
) -> None:
    """A due time that no calendar has would hold back all that lies behind it."""
    # Given such a number, when it is read, then it is named
    header = records.header(Carried(envelope(), _PLACE, **changed))
    with pytest.raises(DecodeError, match=words):
        records.of(message(headers=[header]))


def test_words_are_cut_to_what_a_state_has_room_for(records: CarriedRecords) -> None:
    """They go on into states and letters, which have to fit."""
    # Given endless words in each place
    step = {"status": "FAILED", "at": 0, "attempt": 1, "detail": "d" * 5000}
    job = envelope() | {"title": "t" * 5000, "timeline": [step]}
    endless = Carried(job, _PLACE, error_class="E" * 5000, message="m" * 5000)

    # When they are read
    read = records.of(message(headers=[records.header(endless)]))

    # Then they are short
    assert len(read.envelope["timeline"][0]["detail"]) == MOST_DETAIL_CHARACTERS
    assert len(read.message) == MOST_MESSAGE_CHARACTERS
    assert max(len(read.envelope["title"]), len(read.error_class)) <= 255


def test_a_first_place_is_the_records_own() -> None:
    """Topic, partition, offset and time, as the broker has them."""
    # Given a record, when its place is asked for, then it is that of the record
    received = message(topic="jobs.submitted", partition=4, offset=9, timestamp_ms=SUBMITTED_AT)
    assert FirstPlace.of(received) == FirstPlace("jobs.submitted", 4, 9, SUBMITTED_AT)


def test_the_headers_of_a_producer_are_left_as_they_were(records: CarriedRecords) -> None:
    """What a stage added is gone, the rest has its order and its repeats."""
    # Given headers of a producer, with the stage's among them
    own = [("a", b"1"), ("a", b"2"), ("headway.x", None)]
    header = records.header(Carried(envelope(), _PLACE))

    # When the stage's are taken off, then the producer's are left
    assert without([own[0], header, *own[1:], header]) == own
