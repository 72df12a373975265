"""The golden examples under `schemas/examples`, and the schemas they are examples of."""

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastavro import parse_schema, schemaless_reader, schemaless_writer

from headway.declared.declarations import schemas_root


@dataclass(frozen=True, slots=True)
class RecordVersion:
    """One file of `avro/`; `schema` is its JSON as it stands there."""

    record: str
    version: int
    schema: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.record}.v{self.version}"

    def encode(self, value: dict[str, Any]) -> bytes:
        """The body of *value*, without a header."""
        out = io.BytesIO()
        schemaless_writer(out, parse_schema(self.schema, named_schemas={}), value)
        return out.getvalue()

    def decode(self, body: bytes) -> object:
        """The value in *body*, read with this very version."""
        return schemaless_reader(io.BytesIO(body), parse_schema(self.schema, named_schemas={}))


@dataclass(frozen=True, slots=True)
class Example:
    """One file of `examples/`: a value and its whole encoding."""

    record: str
    version: int
    name: str
    value: dict[str, Any]
    data: bytes

    def __str__(self) -> str:
        return f"{self.record}.v{self.version}-{self.name}"


def record_versions(root: Path | None = None) -> list[RecordVersion]:
    """Every schema file, versions of a record in rising order."""
    found = [_record_version(path) for path in ((root or schemas_root()) / "avro").iterdir()]
    return sorted(found, key=lambda item: (item.record, item.version))


def examples() -> list[Example]:
    return [_example(path) for path in sorted((schemas_root() / "examples").glob("*/*/*.json"))]


def fields_of(schema: object, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every field of a schema with its dotted path, those of nested records included."""
    if isinstance(schema, list):
        for branch in schema:
            yield from fields_of(branch, path)
    elif isinstance(schema, dict):
        yield from fields_of(schema.get("items"), path)
        for field in schema.get("fields", ()):
            inner = f"{path}.{field['name']}".removeprefix(".")
            yield inner, field
            yield from fields_of(field["type"], inner)


def records_of(schema: object) -> Iterator[dict[str, Any]]:
    """Every record definition inside a schema, itself included."""
    if isinstance(schema, list):
        for branch in schema:
            yield from records_of(branch)
    elif isinstance(schema, dict):
        if schema["type"] == "record":
            yield schema
        for part in (schema.get("items"), *(field["type"] for field in schema.get("fields", ()))):
            yield from records_of(part)


def _record_version(path: Path) -> RecordVersion:
    record, _, version = path.stem.rpartition(".v")
    return RecordVersion(record, int(version), json.loads(path.read_text(encoding="utf-8")))


def _example(path: Path) -> Example:
    record, version = path.parts[-3:-1]
    content = json.loads(path.read_text(encoding="utf-8"))
    assert content.keys() == {"value", "bytes"}, path
    value = _with_bytes(content["value"])
    return Example(record, int(version), path.stem, value, bytes.fromhex(content["bytes"]))


def _with_bytes(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_bytes(item) for item in value]
    if isinstance(value, dict):
        if value.keys() == {"hex"}:
            return bytes.fromhex(value["hex"])
        return {name: _with_bytes(item) for name, item in value.items()}
    return value
