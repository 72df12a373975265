"""Dead letters: what is told about a record that was given up, beside its own bytes."""

import base64
import json

import pytest
from support.kafka.messages import SUBMITTED_AT, message, partition, task
from support.rooms.handling import CARRIED

from headway.base.errors import PermanentError
from headway.declared.catalog import Catalog
from headway.declared.pipeline import Pipeline
from headway.edges.kafka import Headers, Message
from headway.outcomes.deadletter import (
    MAX_BATCH_BYTES,
    MAX_LETTER_BYTES,
    OWN_BYTES,
    Claim,
    Letter,
    letter,
    oversized,
)
from headway.outcomes.failed import Failed
from headway.wire.carried import Carried, FirstPlace
from headway.wire.envelope import MOST_STEPS, step_of
from headway.wire.route import Origin

_ORIGIN = Origin(stage="p1", group="blue.p1")
_FAILED = Failed.of(ValueError("odd"), envelope=None, at=0)
_JOB = {"job_id": "job-1", "title": "t", "submitted_at": 1, "submitted_offset": 2}
SECOND_ATTEMPT = {**_JOB, "attempt": 2, "timeline": []}
LARGEST_ENVELOPE = {
    **_JOB,
    "attempt": 1_000_000,
    "title": "📊" * 255,
    "timeline": [step_of("S" * 64, 1_000_000, 2**40, "📊" * 300)] * MOST_STEPS,
}
#: Kafka's framing of a batch with one record takes less.
_FRAMING_BYTES = 1024


def test_the_headers_say_where_the_record_came_from_and_why_it_was_given_up() -> None:
    """Everything a redrive or an investigation needs, as text."""
    # Given a record that was given up in its second attempt
    error = PermanentError("Row 3 is odd: „ü“")
    failed = Failed.of(error, envelope=SECOND_ATTEMPT, at=SUBMITTED_AT + 9)
    received = message(b"bytes", topic="blue.jobs.submitted", partition=4, offset=17)

    # When its letter is made
    made = _letter(received, failed)

    # Then the headers tell all of it
    assert (made.key, made.value) == (b"job-1", b"bytes")
    told = [header for header in made.headers if header[0].startswith("headway.")]
    assert told == [
        ("headway.topic", b"blue.jobs.submitted"),
        ("headway.partition", b"4"),
        ("headway.offset", b"17"),
        ("headway.timestamp", str(SUBMITTED_AT).encode()),
        ("headway.group", b"blue.p1"),
        ("headway.stage", b"p1"),
        ("headway.attempt", b"2"),
        ("headway.error.class", b"PermanentError"),
        ("headway.error.message", "Row 3 is odd: „ü“".encode()),
        (
            "headway.error.trace",
            b"headway.base.errors.PermanentError: " + "Row 3 is odd: „ü“\n".encode(),
        ),
        ("headway.failed.at", str(SUBMITTED_AT + 9).encode()),
        CARRIED.header(
            Carried(
                SECOND_ATTEMPT,
                FirstPlace("blue.jobs.submitted", 4, 17, SUBMITTED_AT),
                error_class="PermanentError",
                message="Row 3 is odd: „ü“",
            )
        ),
    ]


def test_tools_that_know_springs_headers_find_them() -> None:
    """Numbers are big-endian, texts UTF-8."""
    # Given a record that was given up
    received = message(b"bytes", topic="blue.jobs.submitted", partition=4, offset=17)

    # When its letter is made, then it has what Spring for Apache Kafka would have put there
    told = dict(_letter(received).headers)
    assert told["kafka_dlt-original-topic"] == b"blue.jobs.submitted"
    assert told["kafka_dlt-original-partition"] == bytes([0, 0, 0, 4])
    assert told["kafka_dlt-original-offset"] == bytes([0] * 7 + [17])
    assert told["kafka_dlt-original-consumer-group"] == b"blue.p1"
    assert told["kafka_dlt-exception-fqcn"] == b"ValueError"
    assert told["kafka_dlt-exception-message"] == b"odd"
    assert told["kafka_dlt-exception-stacktrace"] == b"ValueError: odd\n"


def test_a_record_that_was_tried_again_is_told_by_its_first_place() -> None:
    """Whoever looks for it looks in the topic of its producer, not in a tier."""
    # Given a record that came from a tier
    received = task(received=message(b"bytes", topic="p1.retry.2", partition=4, offset=2))
    received.carried = Carried(SECOND_ATTEMPT, FirstPlace("jobs.submitted", 4, 17, 5), tries=2)

    # When its letter is made, then its place is the one in the source
    told = dict(letter(received, _FAILED, _ORIGIN, CARRIED).headers)
    places = (told["headway.topic"], told["headway.offset"], told["headway.timestamp"])
    assert places == (b"jobs.submitted", b"17", b"5")


def test_the_headers_of_the_record_itself_come_first_and_unchanged() -> None:
    """A producer's trace id, or an earlier dead letter's headers, are kept as they were."""
    # Given a record with headers, one of them doubled, one empty, one of ours from before
    own: Headers = [("trace", b"1"), ("trace", b"2"), ("empty", None), ("headway.offset", b"3")]

    # When its letter is made, then its own headers stand in front
    found = _letter(message(headers=own)).headers
    assert found[: len(own)] == own
    assert found[len(own)][0] == "headway.topic"


def test_a_record_of_no_known_job_is_in_its_first_attempt() -> None:
    """Where nothing could be read, nothing is claimed beyond the first try."""
    # Given a failure without an envelope, when its letter is made, then the attempt is 1
    assert ("headway.attempt", b"1") in _letter(message()).headers


@pytest.mark.parametrize("absent", [None, b""])
def test_a_tombstone_and_an_empty_value_stay_what_they_are(absent: bytes | None) -> None:
    """The letter is the record, whatever the record was."""
    # Given a record without key or value, when its letter is made, then it has none either
    made = _letter(message(absent, key=absent))
    assert (made.key, made.value) == (absent, absent)


@pytest.mark.parametrize("part", ["value", "key", "headers"])
def test_the_part_that_makes_a_record_too_large_is_left_out_and_named(part: str) -> None:
    """The rest of the record is told as it is; where the part lies is in the headers."""
    # Given a record of which one part is of 5 MB, which the object store has
    received, large = _large(part)
    claim = Claim(part, "dead-letters/p1/jobs.submitted-2-7", 5_000_000, "ab12")
    failed = Failed.of(ValueError("odd"), envelope=None, at=0, claims=(claim,))

    # When its letter is made
    made = _letter(received, failed)

    # Then that part alone is what cannot be carried, and the headers say where it is
    assert oversized(received) == {part: large}
    told = dict(made.headers)
    name = "headway.claim" if part == "value" else f"headway.claim.{part}"
    assert told[name] == b"dead-letters/p1/jobs.submitted-2-7"
    assert (told[f"{name}.size"], told[f"{name}.sha256"]) == (b"5000000", b"ab12")
    assert "headway.claim.missing" not in told
    assert made.key == (b"" if part == "key" else b"job-1")
    assert made.value == (b"" if part == "value" else b"small")
    assert ("trace" in told) == (part != "headers")


@pytest.mark.parametrize("part", ["value", "key", "headers"])
def test_a_part_that_lies_nowhere_is_told_to_be_missing(part: str) -> None:
    """The record itself stays at the place the headers name: nobody is sent to a wrong one."""
    # Given a record with a part of 5 MB and no claim for it
    # When its letter is made, then it fits and says so
    made = _letter(_large(part)[0])
    assert dict(made.headers)["headway.claim.missing"] == part.encode()
    assert _size(made) < MAX_LETTER_BYTES


def test_a_record_with_every_part_too_large_still_makes_a_letter() -> None:
    """Three oversized parts are three claims."""
    # Given a record of 15 MB, a third in each part
    large = message(bytes(5_000_000), key=bytes(5_000_000), headers=[("trace", b"h" * 5_000_000)])

    # When its letter is made, then it fits
    assert set(oversized(large)) == {"value", "key", "headers"}
    assert _size(_letter(large)) < MAX_LETTER_BYTES


def test_a_record_at_the_bound_is_carried_whole() -> None:
    """The bound is exact: one byte more, and the value lies in the store."""
    # Given the largest record whose parts still fit, and one of a byte more
    room = MAX_LETTER_BYTES - OWN_BYTES
    largest = message(bytes(room - len(b"job-1")))

    # When letters with the longest words are made, then one is whole and the other is not
    long = PermanentError("📊" * 5000)
    failed = Failed.of(long, envelope=LARGEST_ENVELOPE, at=2**62)
    whole = _letter(largest, failed)
    assert len(whole.value or b"") == room - len(b"job-1")
    assert _size(whole) <= MAX_LETTER_BYTES
    assert "value" in oversized(message(bytes(room)))


def test_headers_in_the_store_can_be_read_back() -> None:
    """Names in order, doubled ones too; values as base 64, since they are any bytes."""
    # Given a record with headers of 5 MB, some doubled, one empty
    own: Headers = [("a", b"\xff\x00"), ("a", b"2"), ("none", None), ("big", b"x" * 5_000_000)]

    # When they are made fit for the store, then everything is in them
    pairs = json.loads(oversized(message(headers=own))["headers"])
    assert [(name, base64.b64decode(value)) for name, value in pairs] == [
        (name, value or b"") for name, value in own
    ]


def test_the_topics_take_a_letter_and_a_letter_takes_what_its_source_takes() -> None:
    """The declared sizes fit each other: only what came compressed needs the object store."""
    # Given the declarations of every stage
    catalog = Catalog.load()
    for stage in Pipeline.load().stages:
        letters = int(catalog[stage.dead_letters].config["max.message.bytes"])
        source = int(catalog[stage.source].config.get("max.message.bytes", 1_048_588))

        # When they are compared, then each has room for the one before
        assert letters >= MAX_BATCH_BYTES >= MAX_LETTER_BYTES + _FRAMING_BYTES
        assert source <= MAX_LETTER_BYTES - OWN_BYTES


def _letter(received: Message, failed: Failed = _FAILED) -> Letter:
    return letter(task(partition(), received=received), failed, _ORIGIN, CARRIED)


def _large(part: str) -> tuple[Message, bytes]:
    """A record whose *part* has 5 MB, and the bytes of that part as the store would have them."""
    if part == "headers":
        own: Headers = [("trace", b"h" * 5_000_000)]
        stored = json.dumps([("trace", base64.b64encode(b"h" * 5_000_000).decode())]).encode()
        return message(b"small", headers=own), stored
    large, own = bytes(5_000_000), [("trace", b"1")]
    if part == "key":
        return message(b"small", key=large, headers=own), large
    return message(large, headers=own), large


def _size(made: Letter) -> int:
    headers = sum(len(name) + len(value or b"") for name, value in made.headers)
    return len(made.key or b"") + len(made.value or b"") + headers
