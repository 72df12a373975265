"""Records as bytes: Avro single-object encoding, so every value says which schema wrote it.

The form is the Avro specification's ("Single-object encoding"): the two bytes C3 01, the
CRC-64-AVRO fingerprint of the schema in little-endian order, the body. No registry is asked;
every schema a process knows is one file in the folder of declarations, `<record>.v<N>.avsc`.
"""

import io
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from fastavro import parse_schema, schemaless_reader, schemaless_writer
from fastavro.schema import fingerprint, to_parsing_canonical_form

from headway.declarations import schemas_root
from headway.errors import DecodeError

MARKER: Final = b"\xc3\x01"
HEADER_BYTES: Final = len(MARKER) + 8
_FILE_NAME = re.compile(r"(?P<record>[a-z0-9-]+)\.v(?P<version>[0-9]+)\.avsc")


class Decoded(NamedTuple):
    """A value, resolved to the newest version of its record; `version` is the writer's."""

    record: str
    version: int
    value: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Schema:
    record: str
    version: int
    header: bytes
    parsed: Any


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

    def decode(self, data: bytes | None, expected: str) -> Decoded:
        """The record in *data*, which must be a version of *expected*.

        Raises:
            DecodeError: empty, no known schema, another record, or a broken body.
        """
        if not data:
            raise DecodeError(f"the value is empty; expected a {expected} record")
        schema = self._writer_of(data, expected)
        body = io.BytesIO(data)
        body.seek(HEADER_BYTES)
        newest = self._newest[schema.record]
        reader = None if newest is schema else newest.parsed
        try:
            value = schemaless_reader(body, schema.parsed, reader)
        except Exception as error:  # fastavro raises whatever the bytes provoke
            message = f"the body is no {schema.record} v{schema.version}: {error!r}"
            raise DecodeError(message) from error
        if body.read(1):
            raise DecodeError(f"bytes are left over after the {schema.record} v{schema.version}")
        return Decoded(schema.record, schema.version, value)  # type: ignore[arg-type]  # a record is a dict

    def _writer_of(self, data: bytes, expected: str) -> _Schema:
        schema = self._by_header.get(data[:HEADER_BYTES])
        if schema is None:
            raise DecodeError(
                f"the value begins with {data[:HEADER_BYTES].hex()}: not Avro single-object "
                f"encoding of a known schema; expected a {expected} record",
            )
        if schema.record != expected:
            raise DecodeError(f"the value is a {schema.record} record; expected {expected}")
        return schema


def split_version(name: str) -> tuple[str, int]:
    """`job-state.v1` as ("job-state", 1)."""
    record, _, version = name.rpartition(".v")
    return record, int(version)


def _load(path: Path) -> _Schema:
    match = _FILE_NAME.fullmatch(path.name)
    if match is None:
        raise ValueError(f"{path}: a schema file is named <record>.v<N>.avsc")
    parsed = parse_schema(json.loads(path.read_text()), named_schemas={})
    crc = bytes.fromhex(fingerprint(to_parsing_canonical_form(parsed), "CRC-64-AVRO"))
    return _Schema(match["record"], int(match["version"]), MARKER + crc, parsed)
