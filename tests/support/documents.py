"""The documents that stages hand each other, as `schemas/documents` declares them."""

import json
from dataclasses import is_dataclass
from pathlib import Path
from types import UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin, is_typeddict

from fastavro import parse_schema
from fastavro.validation import validate
from support.golden import RecordVersion, records_of

from headway.declared.declarations import schemas_root

_PLAIN: Final = {"string": str, "boolean": bool, "int": int, "long": int, "double": float}

Shape = Any


def schema_of(document: str) -> dict[str, Any]:
    """The declaration of *document*, as `profile.v1`."""
    path = schemas_root() / "documents" / f"{document}.avsc"
    read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return read


def example_of(document: str, name: str) -> Path:
    """A file of its golden examples."""
    return schemas_root() / "documents" / "examples" / document / name


def require_fit(value: dict[str, Any], document: str) -> None:
    """Return if *value*, as read from JSON, is what is declared and has no field more.

    Raises:
        ValueError: it is not.
    """
    record, _, version = document.rpartition(".v")
    declared = RecordVersion(record, int(version), schema_of(document))
    fits = validate(value, parse_schema(declared.schema, named_schemas={}), raise_errors=False)
    # What is not declared is not written, and so does not come back.
    if not fits or declared.decode(declared.encode(value)) != value:
        raise ValueError(f"this is no {document}, or has another field: {str(value)[:200]}")


def declared_shapes(document: str) -> dict[str, dict[str, Shape]]:
    """Each part by name: its fields in order, with the shape of each."""
    schema = schema_of(document)
    enums = {found["name"]: tuple(found["symbols"]) for found in _enums(schema)}
    return {
        part["name"]: {field["name"]: _declared(field["type"], enums) for field in part["fields"]}
        for part in records_of(schema)
    }


def shape_of(hint: Any) -> Shape:
    """The shape of an annotation; classes by their name, so that both sides' compare."""
    if is_dataclass(hint) or is_typeddict(hint):
        return hint.__name__
    if get_origin(hint) is Literal:
        return get_args(hint)
    if get_origin(hint) in (Union, UnionType):
        return "null", *(shape_of(part) for part in get_args(hint) if part is not type(None))
    if get_origin(hint) is list:
        return "array", shape_of(get_args(hint)[0])
    return hint


def _declared(schema: Any, enums: dict[str, tuple[str, ...]]) -> Shape:
    if isinstance(schema, list):
        return tuple(part if part == "null" else _declared(part, enums) for part in schema)
    if isinstance(schema, str):
        return _PLAIN.get(schema) or enums.get(schema, schema)
    if schema["type"] == "array":
        return "array", _declared(schema["items"], enums)
    return enums.get(schema["name"], schema["name"])


def _enums(schema: Any) -> list[dict[str, Any]]:
    if isinstance(schema, list):
        return [found for part in schema for found in _enums(part)]
    if not isinstance(schema, dict):
        return []
    own = [schema] if schema["type"] == "enum" else []
    inner = [schema.get("items"), *(field["type"] for field in schema.get("fields", ()))]
    return [*own, *(found for part in inner for found in _enums(part))]
