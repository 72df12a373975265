"""The walk over a value of any schema ends where its writer ended."""

import io
import random
from collections.abc import Callable
from typing import Any

import pytest
from fastavro import parse_schema, schemaless_reader, schemaless_writer
from support.golden import Example, examples

from headway.base.errors import DecodeError
from headway.wire.codec import HEADER_BYTES, Codec
from headway.wire.wellformed import walk_of

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
            value = codec.decode(bytes(data), example.record)
        except DecodeError:
            continue
        again = io.BytesIO()
        schemaless_writer(again, schema, value)
        again.seek(0)
        assert schemaless_reader(again, schema, None) == value


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
