"""Whether one Avro schema can read whatever another has written, decided without any data.

The rules are those of the Avro specification under "Schema Resolution". fastavro applies them
to the values it meets; a fault then shows only with the first value that has it.
"""

from collections.abc import Iterator
from typing import Any, Final

_WIDENED: Final = {
    "int": {"long", "float", "double"},
    "long": {"float", "double"},
    "float": {"double"},
    "string": {"bytes"},
    "bytes": {"string"},
}

Names = dict[str, Any]


def faults(reader: object, writer: object) -> list[str]:
    """Where *reader* cannot read what *writer* writes, each with its path; empty if it can."""
    return list(_faults(_Side(reader, _names(reader)), _Side(writer, _names(writer)), ""))


class _Side:
    """A schema and the named types its references mean."""

    def __init__(self, schema: object, names: Names) -> None:
        known = isinstance(schema, str) and schema in names
        self.schema: Any = names[schema] if known else schema  # type: ignore[index]  # a str
        self.names = names

    @property
    def kind(self) -> str:
        if isinstance(self.schema, list):
            return "union"
        return str(self.schema["type"] if isinstance(self.schema, dict) else self.schema)

    def inner(self, schema: object) -> "_Side":
        return _Side(schema, self.names)


def _faults(reader: _Side, writer: _Side, path: str) -> Iterator[str]:
    if writer.kind == "union":
        for branch in writer.schema:
            yield from _faults(reader, writer.inner(branch), path)
    elif reader.kind == "union":
        tried = [list(_faults(reader.inner(b), writer, path)) for b in reader.schema]
        if all(tried):
            yield f"{path or '.'}: no branch reads {_named(writer)}"
    elif reader.kind != writer.kind:
        if reader.kind not in _WIDENED.get(writer.kind, ()):
            yield f"{path or '.'}: {_named(writer)} cannot become {_named(reader)}"
    elif reader.kind == "record":
        yield from _record_faults(reader, writer, path)
    elif part := _PARTS.get(reader.kind):
        inner = f"{path}[]"
        yield from _faults(
            reader.inner(reader.schema[part]), writer.inner(writer.schema[part]), inner
        )
    elif reader.kind not in _PRIMITIVE:
        yield f"{path or '.'}: {reader.kind} is not known to this check"


#: What consists of parts of one kind, and where that is said.
_PARTS: Final = {"array": "items", "map": "values"}
_PRIMITIVE: Final = {"null", "boolean", "int", "long", "float", "double", "bytes", "string"}


def _record_faults(reader: _Side, writer: _Side, path: str) -> Iterator[str]:
    if reader.schema["name"] != writer.schema["name"]:
        yield f"{path or '.'}: {_named(writer)} is not {_named(reader)}"
        return
    written = {field["name"]: field for field in writer.schema["fields"]}
    for field in reader.schema["fields"]:
        inner = f"{path}.{field['name']}"
        if field["name"] in written:
            yield from _faults(
                reader.inner(field["type"]), writer.inner(written[field["name"]]["type"]), inner
            )
        elif "default" not in field:
            yield f"{inner}: added without a default"


def _named(side: _Side) -> str:
    return f"record {side.schema['name']}" if side.kind == "record" else side.kind


def _names(schema: object) -> Names:
    """The named types defined anywhere in *schema*, by short and by full name."""
    found: Names = {}
    if isinstance(schema, list):
        for branch in schema:
            found |= _names(branch)
    elif isinstance(schema, dict):
        if schema["type"] == "record":
            found = {
                schema["name"]: schema,
                f"{schema.get('namespace', '')}.{schema['name']}": schema,
            }
        for part in (schema.get("items"), *(field["type"] for field in schema.get("fields", ()))):
            found |= _names(part)
    return found
