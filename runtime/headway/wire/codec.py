"""Records as bytes: Avro single-object encoding, so every value says which schema wrote it.

The form is the Avro specification's ("Single-object encoding"): the two bytes C3 01, the
CRC-64-AVRO fingerprint of the schema in little-endian order, the body. No registry is asked;
every schema a process knows is one file in the folder of declarations, `<record>.v<N>.avsc`.
"""

import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, Final

from fastavro import parse_schema, schemaless_reader, schemaless_writer
from fastavro.schema import fingerprint, to_parsing_canonical_form

from headway.base.errors import DecodeError, UnknownSchema
from headway.base.words import bounded
from headway.declared.declarations import schemas_root
from headway.wire.wellformed import Walk, may_lie, walk_of

MARKER: Final = b"\xc3\x01"
HEADER_BYTES: Final = len(MARKER) + 8
_FILE_NAME = re.compile(r"(?P<record>[a-z0-9-]+)\.v(?P<version>[0-9]+)\.avsc")


@dataclass(frozen=True, slots=True)
class Part:
    """A run of neighbouring fields of a record; their bytes are a run of the record's bytes."""

    schema: Any

    def encode(self, fields: Mapping[str, Any]) -> bytes:
        """The bytes of these fields; raises as `Codec.encode` does, others are ignored."""
        out = io.BytesIO()
        schemaless_writer(out, self.schema, fields)
        return out.getvalue()


@dataclass(frozen=True, slots=True)
class _Schema:
    record: str
    version: int
    header: bytes
    parsed: Any
    declared: dict[str, Any]
    walk: Walk


class Codec:
    """Encodes and decodes every record of one folder of schemas; safe to share by threads."""

    def __init__(self, root: Path | None = None) -> None:
        folder = (root or schemas_root()) / "avro"
        schemas = [_load(path) for path in sorted(folder.glob("*.avsc"))]
        self._by_header = {schema.header: schema for schema in schemas}
        self._newest: dict[str, _Schema] = {}
        for schema in sorted(schemas, key=lambda schema: schema.version):
            self._newest[schema.record] = schema

    @property
    def records(self) -> frozenset[str]:
        """Names of the records known, without versions."""
        return frozenset(self._newest)

    def encode(self, record: str, value: dict[str, Any]) -> bytes:
        """The bytes of *value*, written with the newest version of *record*.

        Raises:
            KeyError: no schema has that name.
            ValueError or TypeError: a field is missing or of another type (fastavro's words).
        """
        schema = self._newest[record]
        out = io.BytesIO()
        out.write(schema.header)
        schemaless_writer(out, schema.parsed, value)
        return out.getvalue()

    def header(self, record: str) -> bytes:
        """What the bytes of *record*, newest version, begin with."""
        return self._newest[record].header

    def beginning_with(self, record: str, *fields: str) -> frozenset[bytes]:
        """Headers of the versions of *record* whose bytes begin with those of *fields*.

        A first field that is a record itself begins with its own fields.
        """
        return frozenset(
            header
            for header, schema in self._by_header.items()
            if schema.record == record
            and tuple(islice(_first_fields(schema.declared), len(fields))) == fields
        )

    def parts(self, record: str, *cuts: str) -> tuple[Part, ...]:
        """The newest version of *record* cut behind each of the fields *cuts*.

        The header and the bytes of all parts, joined, are what `encode` gives (the Avro
        specification: a record is its fields in order, with nothing between): fields that two
        records share are so encoded once.

        Raises:
            RuntimeError: the record has no such field, or not in that order.
        """
        fields = iter(self._newest[record].declared["fields"])
        known: dict[str, Any] = {}
        runs = [list(_up_to(fields, cut)) for cut in cuts] + [list(fields)]
        return tuple(
            Part(
                parse_schema(
                    {"type": "record", "name": f"{record}.part{number}", "fields": run},
                    named_schemas=known,
                )
            )
            for number, run in enumerate(runs)
        )

    def decode(self, data: bytes | None, expected: str) -> dict[str, Any]:
        """The record in *data*, any version of *expected*, resolved to the newest.

        Raises:
            UnknownSchema: the form is ours, the schema a newer release's.
            DecodeError: empty, another form, another record, or a broken body.
        """
        if not data:
            raise DecodeError(f"the value is empty; expected a {expected} record")
        schema = self._writer_of(data, expected)
        if may_lie(data):
            _require_wellformed(data, schema)
        body = io.BytesIO(data)
        value = _read(body, schema, self._newest[schema.record])
        if body.read(1):
            raise DecodeError(f"bytes are left over after the {schema.record} v{schema.version}")
        return value

    def head(self, record: str, *fields: str) -> Callable[[bytes], dict[str, Any]]:
        """A decoder of *record* that stops after the last of *fields*, to save time.

        It raises DecodeError as `decode` does, but never looks at the bytes that follow, and
        believes numbers and counts as fastavro does: for topics that only the product writes.
        """
        versions = {h: s for h, s in self._by_header.items() if s.record == record}
        heads = {header: _cut(schema, set(fields)) for header, schema in versions.items()}
        newest = heads[self._newest[record].header]

        def decode(data: bytes) -> dict[str, Any]:
            schema = heads.get(data[:HEADER_BYTES]) or self._writer_of(data, record)
            return _read(io.BytesIO(data), schema, newest)

        return decode

    def _writer_of(self, data: bytes, expected: str) -> _Schema:
        schema = self._by_header.get(data[:HEADER_BYTES])
        if schema is None:
            raise _unknown(data[:HEADER_BYTES], expected)
        if schema.record != expected:
            raise DecodeError(f"the value is a {schema.record} record; expected {expected}")
        return schema


def _unknown(header: bytes, expected: str) -> DecodeError:
    message = (
        f"the value begins with {header.hex()}: not Avro single-object encoding of a known "
        f"schema; expected a {expected} record"
    )
    if len(header) == HEADER_BYTES and header.startswith(MARKER):
        return UnknownSchema(message, header[len(MARKER) :].hex())
    return DecodeError(message)


def _first_fields(record: Mapping[str, Any]) -> Iterator[str]:
    """Names of the fields of *record* in the order of their bytes, as deep as they go."""
    for field in record["fields"]:
        inner = field["type"]
        if isinstance(inner, dict) and inner["type"] == "record":
            yield from _first_fields(inner)
        else:
            yield field["name"]


def _up_to(fields: Iterator[dict[str, Any]], last: str) -> Iterator[dict[str, Any]]:
    while True:
        field = next(fields)
        yield field
        if field["name"] == last:
            return


def split_version(name: str) -> tuple[str, int]:
    """`job-state.v1` as ("job-state", 1)."""
    record, _, version = name.rpartition(".v")
    return record, int(version)


def _require_wellformed(data: bytes, schema: _Schema) -> None:
    try:
        schema.walk(data, HEADER_BYTES)
    except (ValueError, IndexError, RecursionError) as error:
        why = "it is cut" if isinstance(error, IndexError) else bounded(error, 200)
        raise DecodeError(f"the body is no {schema.record} v{schema.version}: {why}") from error


def _read(data: io.BytesIO, writer: _Schema, newest: _Schema) -> dict[str, Any]:
    data.seek(HEADER_BYTES)
    reader = None if newest is writer else newest.parsed
    try:
        value: Any = schemaless_reader(data, writer.parsed, reader)
    except Exception as error:  # fastavro raises whatever the bytes provoke
        why = bounded(repr(error), 200)
        message = f"the body is no {writer.record} v{writer.version}: {why}"
        raise DecodeError(message) from error
    return value  # type: ignore[no-any-return]  # a record is a dict


def _cut(schema: _Schema, fields: set[str]) -> _Schema:
    """*schema* up to the last of *fields*: an encoded record is its fields in a row."""
    declared = schema.declared["fields"]
    last = max(number for number, field in enumerate(declared) if field["name"] in fields)
    cut = schema.declared | {"fields": declared[: last + 1]}
    return replace(schema, parsed=parse_schema(cut, named_schemas={}))


def _load(path: Path) -> _Schema:
    match = _FILE_NAME.fullmatch(path.name)
    if match is None:
        raise ValueError(f"{path}: a schema file is named <record>.v<N>.avsc")
    declared = json.loads(path.read_text(encoding="utf-8"))
    parsed = parse_schema(declared, named_schemas={})
    crc = bytes.fromhex(fingerprint(to_parsing_canonical_form(parsed), "CRC-64-AVRO"))
    return _Schema(
        record=match["record"],
        version=int(match["version"]),
        header=MARKER + crc,
        parsed=parsed,
        declared=declared,
        walk=walk_of(parsed),
    )
