"""The envelope's hand-written bytes are the schema's, whatever is in the fields."""

import random

import pytest
from support.golden import Example, examples, record_versions

from headway.wire.codec import HEADER_BYTES, Codec
from headway.wire.envelope import encode_envelope, encode_long, encode_string

_LARGEST = 2**63 - 1
_VERSIONS = {version.record: version.version for version in record_versions()}
#: Of what is written today.
_NEWEST = [example for example in examples() if example.version == _VERSIONS[example.record]]


@pytest.mark.parametrize(
    ("number", "data"),
    [
        (0, "00"),
        (-1, "01"),
        (1, "02"),
        (-64, "7f"),
        (64, "8001"),
        (_LARGEST, "feffffffffffffffff01"),
        (-_LARGEST - 1, "ffffffffffffffffff01"),
    ],
)
def test_a_long_is_the_one_of_the_specification(number: int, data: str) -> None:
    """Zigzag and base 128, at the places where their length changes and at both ends."""
    # Given a number of the specification's table, or an end of the range
    # When it is written, then the bytes are known
    assert encode_long(number).hex() == data


def test_a_string_is_its_length_in_bytes_and_its_utf_8() -> None:
    """The length counts bytes, not characters."""
    # Given a text of two characters and five bytes, when it is written, then the length is five
    assert encode_string("ü売").hex() == "0ac3bce5a3b2"


@pytest.mark.parametrize("example", [e for e in _NEWEST if "job" in e.value], ids=str)
def test_the_envelope_of_every_example_is_written_as_its_schema_says(
    codec: Codec, example: Example
) -> None:
    """The golden records that carry an envelope begin with exactly these bytes."""
    # Given a golden record, when its envelope is written by hand
    ours = encode_envelope(example.value["job"])

    # Then it is what the schema writes, and the record begins with it
    by_schema, _ = codec.parts(example.record, "job")
    assert ours == by_schema.encode(example.value)
    assert example.data[HEADER_BYTES:].startswith(ours)


@pytest.mark.parametrize("seed", range(20))
def test_any_envelope_is_written_as_its_schema_says(codec: Codec, seed: int) -> None:
    """Numbers of every length, texts of every alphabet, timelines of every size."""
    # Given an envelope of random fields
    draw = random.Random(seed)
    envelope = {
        "job_id": _text(draw),
        "attempt": draw.randrange(1, 2**31),
        "title": _text(draw),
        "submitted_at": _number(draw),
        "submitted_offset": _number(draw),
        "timeline": [
            {
                "status": _text(draw),
                "at": _number(draw),
                "attempt": draw.randrange(1, 2**31),
                "detail": draw.choice([None, "", _text(draw)]),
            }
            for _ in range(draw.choice([0, 1, draw.randrange(130)]))
        ],
    }

    # When it is written by hand and by the schema, then the bytes are the same
    by_schema, _ = codec.parts("profile-done", "job")
    assert encode_envelope(envelope) == by_schema.encode({"job": envelope})


def test_the_parts_of_a_record_make_the_record(codec: Codec) -> None:
    """Header and parts, joined, are what encoding the whole gives."""
    # Given golden records of two kinds, and where they are cut
    cuts = {"job-state": ("timeline", "updated_at"), "profile-done": ("job",)}
    whole = [example for example in _NEWEST if example.record in cuts]
    assert whole

    for example in whole:
        # When they are written in parts, then nothing is between them
        parts = codec.parts(example.record, *cuts[example.record])
        joined = b"".join(part.encode(example.value) for part in parts)
        assert codec.header(example.record) + joined == example.data


def test_a_record_cannot_be_cut_behind_a_field_it_has_not(codec: Codec) -> None:
    """A misspelt cut fails at the start of a process, not in its records."""
    # Given a field that does not exist, when a record is cut there, then it is refused
    with pytest.raises(RuntimeError):
        codec.parts("job-state", "timelines")


def _number(draw: random.Random) -> int:
    return draw.getrandbits(draw.randrange(1, 63)) * draw.choice([1, -1])


def _text(draw: random.Random) -> str:
    return "".join(draw.choices("aZ9._- üß売📊\n\x00", k=draw.randrange(90)))
