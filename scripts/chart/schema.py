"""`values.schema.json`: what may be said, at every level closed to what nobody knows."""

import json
from collections.abc import Iterable
from typing import Any, Final

from chart.values import LIKE, Value

#: Stages that are said by hand: their settings are not known here, only what settings look like.
_UNKNOWN_SETTINGS: Final = {
    "type": "object",
    "additionalProperties": {"type": ["string", "number", "boolean"]},
    "propertyNames": {"pattern": "^[A-Z][A-Z0-9_]*$"},
}
_STAGE_NAME: Final = "^[a-z][a-z0-9]{0,29}$"
_TYPES: Final = ((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string"))


def of(root: Value) -> str:
    """The schema of all values."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Values of the chart headway",
        **_closed(root.children, root),
    }
    # Helm hands it to every chart that is part of another.
    schema["properties"]["global"] = {"type": "object"}
    schema["properties"]["stages"] = _stages(root)
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _stages(root: Value) -> dict[str, Any]:
    common = {name: _schema(root.at(f"stageDefaults.{name}"), root) for name in _common(root)}
    common["settings"] = _settings(root, root.at("stageDefaults.settings"))
    known = {stage.name: _stage(stage, common, root) for stage in root.at("stages").children}
    source = {"type": "string", "minLength": 1}
    other = {**common, "source": source, "settings": _UNKNOWN_SETTINGS}
    return {
        "type": "object",
        "description": "The stages by their names.",
        "propertyNames": {"pattern": _STAGE_NAME},
        "properties": known,
        "additionalProperties": {**_object(other), "required": ["source"]},
    }


def _common(root: Value) -> Iterable[str]:
    return (child.name for child in root.at("stageDefaults").children)


def _stage(stage: Value, common: dict[str, Any], root: Value) -> dict[str, Any]:
    own = {child.name: _schema(child, root) for child in stage.children}
    own["settings"] = _settings(root, root.at("stageDefaults.settings"), stage.at("settings"))
    # What it has of the defaults is what the defaults may be.
    return {"description": stage.words, **_object({**own, **common, "settings": own["settings"]})}


def _settings(root: Value, *blocks: Value) -> dict[str, Any]:
    """Those of every service, and those of *blocks*; a later one wins."""
    every = (root.at("settings"), *blocks)
    return _object(
        {value.name: _schema(value, root) for block in every for value in block.children}
    )


def _schema(value: Value, root: Value) -> dict[str, Any]:
    described = {"description": value.words} if value.words else {}
    rules = dict(value.rules)
    if like := rules.pop(LIKE, None):
        return {**_schema(root.at(like), root), **described, **rules}
    if value.children and value.name == "settings" and value.path != "settings":
        return {**described, **_settings(root, value)}
    if value.children:
        return {**described, **_closed(value.children, root)}
    typed = {} if "type" in rules or "enum" in rules else _typed(value.default)
    return {**described, **typed, **rules}


def _typed(default: Any) -> dict[str, Any]:
    if isinstance(default, list):
        return {"type": "array"}
    if isinstance(default, dict):
        return {"type": "object"} if default else {"type": "object", "additionalProperties": False}
    return next({"type": name} for kind, name in _TYPES if isinstance(default, kind))


def _closed(children: Iterable[Value], root: Value) -> dict[str, Any]:
    return _object({child.name: _schema(child, root) for child in children})


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "properties": properties}
