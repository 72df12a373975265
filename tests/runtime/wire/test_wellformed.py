"""The walk over a value's bytes: what the specification allows ends where it ends, nothing else."""

import io
import random
from collections.abc import Callable
from typing import Any

import pytest
from fastavro import parse_schema, schemaless_reader, schemaless_writer
from support.golden import Example, examples
from support.kafka.messages import profile_done, submission

from headway.base.errors import DecodeError
from headway.wire.codec import HEADER_BYTES, Codec
from headway.wire.envelope import encode_long
from headway.wire.leb128 import encode_unsigned
from headway.wire.wellformed import MOST_ITEMS, may_lie, walk_of

#: Every type there is, and what it holds at its ends.
_SCHEMAS: list[tuple[Any, list[Any]]] = [
    ("null", [None]),
    ("boolean", [True, False]),
    ("int", [0, -1, 63, 64, -65, 2**31 - 1, -(2**31)]),
    ("long", [0, 2**31, 2**34, -(2**41), 2**63 - 1, -(2**63)]),
    ("float", [1.5, float("nan"), float("inf")]),
    ("double", [1.5, float("nan"), -0.0]),
    ("bytes", [b"", b"\xff" * 63, b"\x80" * 64, bytes(100_000)]),
    ("string", ["", "ü" * 31, "売" * 40_000]),
    ({"type": "array", "items": "long"}, [[], [1], [2**62] * 300]),
    ({"type": "map", "values": "string"}, [{}, {"a": "b", "c": "d" * 200}]),
    ({"type": "enum", "name": "E", "symbols": ["A", "B"]}, ["A", "B"]),
    ({"type": "fixed", "name": "F", "size": 5}, [b"12345"]),
    (["null", "string", "long"], [None, "text", 2**60]),
    ({"type": "long", "logicalType": "timestamp-millis"}, [1_764_000_000_000]),
    (
        {
            "type": "record",
            "name": "R",
            "fields": [
                {"name": "flag", "type": "boolean"},
                {"name": "count", "type": "int"},
                {"name": "next", "type": ["null", "R"]},
                {"name": "at", "type": "long"},
            ],
        },
        [
            {"flag": True, "count": 1, "next": None, "at": 2},
            {
                "flag": 1,
                "count": 2,
                "next": {"flag": False, "count": 3, "next": None, "at": 4},
                "at": 5,
            },
        ],
    ),
]


def _submission(*parts: bytes) -> bytes:
    return Codec().header("job-submitted") + b"".join(parts)


def _text(data: bytes) -> bytes:
    return encode_long(len(data)) + data


def _wide(number: int) -> bytes:
    """*number* of any size, as no writer of ours would write it."""
    return encode_unsigned(number << 1 if number >= 0 else (-number << 1) - 1)


#: Large enough that a record with it is looked at closely.
_TITLE = _text(b"title" * 1000)
_ATTEMPT = encode_long(1)
_HEAD = _text(b"job-1") + _ATTEMPT + _TITLE
_NONE, _INLINE, _CONTENT = b"\x00", b"\x00", _text(b"a\n1\n")


@pytest.mark.parametrize(("declared", "values"), _SCHEMAS, ids=[str(s)[:40] for s, _ in _SCHEMAS])
def test_what_the_schema_allows_ends_where_its_writer_ended(
    declared: Any, values: list[Any]
) -> None:
    """No value that fastavro writes is refused, and nothing behind it is touched."""
    # Given a schema and values of it, with something in front and behind
    schema = parse_schema(declared)
    walk = walk_of(schema)
    for value in values:
        out = io.BytesIO()
        schemaless_writer(out, schema, value)
        data = out.getvalue()

        # When they are walked over, then the end is found; and a cut one is refused
        assert walk(b"##" + data + b"\xff\xff", 2) == 2 + len(data)
        for length in {len(data) - 1, len(data) // 2} - {-1, len(data)}:
            with pytest.raises((ValueError, IndexError)):
                walk(data[:length], 0)


@pytest.mark.parametrize("example", examples(), ids=str)
@pytest.mark.parametrize("seed", range(5))
def test_what_is_let_through_is_read_as_it_was_written(
    codec: Codec, example: Example, seed: int
) -> None:
    """Of records with bytes changed at random, fastavro reads what the walk lets pass."""
    # Given a golden record with a few bytes changed, many times
    draw = random.Random(seed)
    schema = codec._newest[example.record].parsed
    for _ in range(200):
        data = bytearray(example.data)
        for _ in range(draw.randrange(1, 4)):
            data[draw.randrange(HEADER_BYTES, len(data))] = draw.choice([0x80, 0xFF, 0x7F, 0, 1])

        # When it is decoded, then it is refused, or writing it again gives a value that is equal
        try:
            value = codec.decode(bytes(data), example.record).value
        except DecodeError:
            continue
        again = io.BytesIO()
        schemaless_writer(again, schema, value)
        again.seek(0)
        assert schemaless_reader(again, schema, None) == value


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ((_HEAD, _wide(2**66), _INLINE, _CONTENT), "no long at byte"),
        ((_HEAD, _wide(2**63), _INLINE, _CONTENT), "no long at byte"),
        ((_HEAD, b"\x80" * 10 + b"\x00", _INLINE, _CONTENT), "no long at byte"),
        ((_HEAD, b"\x80" * 1_000_000 + b"\x00", _INLINE, _CONTENT), "no long at byte"),
        ((_HEAD, b"\xff" * 9 + b"\x02", _INLINE, _CONTENT), "no long at byte"),
        ((_HEAD, encode_long(-1), _INLINE, _CONTENT), "branch -1 of a union of 2"),
        ((_HEAD, encode_long(2), _INLINE, _CONTENT), "branch 2 of a union of 2"),
        ((_HEAD, _NONE, _INLINE, encode_long(-1), b"rest"), "a length of -1"),
        ((_HEAD, _NONE, _INLINE, encode_long(-(2**63)), b"rest"), "a length of -9223"),
        ((_HEAD, _NONE, _INLINE, encode_long(2**40), b"rest"), "1,099,511,627,772 bytes are"),
        ((_HEAD, _NONE, _INLINE, encode_long(2**63 - 1), b"rest"), "bytes are missing"),
        ((_wide(2**64), _HEAD, _NONE, _INLINE, _CONTENT), "no long at byte"),
        ((_text(b"\xff"), _ATTEMPT, _text(b"t"), _NONE, _INLINE, _CONTENT), "UnicodeDecodeError"),
        (
            (_text(b"\xed\xa0\x80"), _ATTEMPT, _text(b"t"), _NONE, _INLINE, _CONTENT),
            "UnicodeDecodeError",
        ),
        ((_HEAD,), "it is cut"),
    ],
)
def test_a_submission_that_the_specification_does_not_allow_is_refused(
    codec: Codec, body: tuple[bytes, ...], words: str
) -> None:
    """Numbers above 64 bits, branches and lengths below zero, sizes beyond the record."""
    # Given such a body, when it is decoded, then it is refused by name and in a few words
    with pytest.raises(DecodeError, match=f"the body is no job-submitted v2: .*{words}") as caught:
        codec.decode(_submission(*body), "job-submitted")
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("timeline", "words"),
    [
        (encode_long(2**40), "1,099,511,627,776 items, above 100,000"),
        (encode_long(2**63 - 1), "items, above 100,000"),
        (encode_long(-(2**63)) + encode_long(1), "items, above 100,000"),
        (encode_long(MOST_ITEMS + 1) + b"\x00\x00\x02" * (MOST_ITEMS + 1), "100,001 items"),
        ((encode_long(50_001) + b"\x00\x00\x02" * 50_001) * 2, "100,002 items"),
        (encode_long(3) + b"\x00\x00\x02", "it is cut"),
    ],
    ids=["2^40", "2^63-1", "-2^63", "one block", "two blocks", "cut"],
)
def test_a_count_that_no_record_can_hold_costs_nothing(
    codec: Codec, timeline: bytes, words: str
) -> None:
    """Twenty bytes that claim a trillion items are refused by the claim."""
    # Given a record whose timeline claims them
    head = _text(b"job-1") + encode_long(1) + _TITLE + encode_long(1) * 2
    data = codec.header("profile-done") + head + timeline

    # When it is decoded, then it is refused
    with pytest.raises(DecodeError, match=words):
        codec.decode(data, "profile-done")


@pytest.mark.parametrize("number", [2**63, 2**66, 2**70 - 1, -(2**63) - 1])
def test_a_number_of_more_than_64_bits_is_found_in_a_record_of_any_size(
    codec: Codec, number: int
) -> None:
    """Few records need the close look, and those that wrap are among them."""
    # Given a record of a common size with such a number, wherever it stands
    for body in ((_wide(number), b"job-1"), (_text(b"j"), _ATTEMPT, _text(b"t"), _wide(number))):
        # When it is decoded, then it is refused
        with pytest.raises(DecodeError, match="no long at byte"):
            codec.decode(_submission(*body), "job-submitted")


def test_a_count_beyond_a_small_record_is_refused_where_the_record_ends(codec: Codec) -> None:
    """Twenty bytes cost what twenty bytes hold, whatever they claim."""
    # Given a small record that claims a trillion steps, when it is decoded, then it is refused
    head = _text(b"j") + encode_long(1) + _text(b"t") + encode_long(1) * 2
    for count in (2**40, 2**62, -(2**40)):
        data = codec.header("profile-done") + head + encode_long(count) + b"\x02A\x02\x02" * 3
        with pytest.raises(DecodeError):
            codec.decode(data, "profile-done")


def test_common_records_are_not_looked_at_closely() -> None:
    """The close look is paid for by those who need it."""
    # Given records of a common size, when they are looked at, then only long runs are suspected
    assert not may_lie(submission(title="Umsätze 2026.csv"))
    assert not may_lie(profile_done())
    assert may_lie(submission(title="売上報告"))
    assert may_lie(submission(source={"content": bytes(5000)}))


def test_blocks_with_their_sizes_are_what_the_specification_allows(codec: Codec) -> None:
    """Other writers write arrays in blocks, with a size or without; they are read."""
    # Given a timeline in two blocks, one with its size
    step = _text(b"QUEUED") + encode_long(5) + _ATTEMPT
    blocks = encode_long(-1) + encode_long(len(step)) + step + encode_long(1) + step + b"\x00"
    head = _text(b"job-1") + encode_long(1) + _text(b"t") + encode_long(1) * 2
    data = codec.header("profile-done") + head + blocks + _text(b"k") + encode_long(1) * 3

    # When it is decoded, then both steps are there
    assert len(codec.decode(data, "profile-done").value["job"]["timeline"]) == 2


@pytest.fixture
def endless() -> Callable[[int], bytes]:
    """Values of a record in itself, as deep as asked for."""
    return lambda depth: b"\x02" * depth + b"\x00"


def test_a_value_nested_without_end_is_refused(endless: Callable[[int], bytes]) -> None:
    """The walk meets the depth before native code does, and ends with an error of Python."""
    # Given a record that holds itself or nothing
    itself = {
        "type": "record",
        "name": "Nest",
        "fields": [{"name": "inner", "type": ["null", "Nest"]}],
    }
    walk = walk_of(parse_schema(itself))
    assert walk(endless(100), 0) == 101

    # When one is nested a million times, then that is an error that can be caught
    with pytest.raises(RecursionError):
        walk(endless(1_000_000), 0)


def test_a_type_that_is_none_is_a_mistake_of_the_program() -> None:
    """A schema is checked when the process starts."""
    # Given a type the specification does not have, when its walk is asked for, then it fails
    with pytest.raises(KeyError, match="decimal"):
        walk_of("decimal")
