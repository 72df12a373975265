"""What an operator looks up: settings from their classes, metrics from their table."""

import ast
import inspect
import socket
from collections.abc import Iterable
from dataclasses import MISSING, Field, fields
from typing import Any, Final, get_type_hints

from prometheus_client.metrics import MetricWrapperBase

import tree
from headway.declared.settings import Settings
from headway.declared.stage import StageSettings
from headway.observing import metrics

_UNITS: Final = ((1024**2, "MiB"), (1024, "KiB"))
#: What `describe` leaves out and a scrape adds.
_SUFFIXES: Final = {"counter": "_total"}


def settings() -> str:
    """A table a class, each with what it adds or changes: what all have, stages, the others."""
    stages = tree.stages()
    sections = [
        _section("Every service", Settings, None),
        _section(f"Every stage ({', '.join(stages)})", StageSettings, Settings),
        *(_section(name, tree.settings_of(name), StageSettings) for name in stages),
        *(_section(name, tree.settings_of(name), Settings) for name in tree.others()),
    ]
    return "\n".join(sections)


def settings_of(service: str) -> str:
    """One table of all that *service* is told."""
    return _table(tree.settings_of(service), None)


def metric_table() -> str:
    """A line a metric, with the words beside its declaration."""
    lines = ["| metric | type | labels | what it counts |", "|---|---|---|---|"]
    words = _comments()
    for variable, metric in vars(metrics).items():
        if isinstance(metric, MetricWrapperBase):
            (family,) = metric.describe()
            name = family.name + _SUFFIXES.get(family.type, "")
            labels = ", ".join(f"`{label}`" for label in metric._labelnames)  # noqa: SLF001 - no other way
            lines.append(f"| `{name}` | {family.type} | {labels} | {words[variable]} |")
    return "\n".join(lines) + "\n"


def own(cls: type[Any], base: type[Any] | None) -> list[Field[Any]]:
    """What *cls* adds to *base*, or says otherwise."""
    known = {item.name: item for item in fields(base)} if base else {}
    return [item for item in fields(cls) if not _same(item, known.get(item.name))]


def _section(title: str, cls: type[Any], base: type[Any] | None) -> str:
    return f"### {title}\n\n{_table(cls, base)}"


def _table(cls: type[Any], base: type[Any] | None) -> str:
    lines = ["| variable | type | default | |", "|---|---|---|---|"]
    hints = get_type_hints(cls)
    lines += [
        f"| `{item.name.upper()}` | {_type(item, hints[item.name].__name__)} "
        f"| {_default(item, cls)} | {item.metadata['doc'].replace('|', chr(92) + '|')} |"
        for item in own(cls, base)
    ]
    return "\n".join(lines) + "\n"


def _same(item: Field[Any], other: Field[Any] | None) -> bool:
    return other is not None and (item.default, item.metadata) == (other.default, other.metadata)


def _type(item: Field[Any], name: str) -> str:
    rules = item.metadata
    if rules["choices"]:
        return " ".join(f"`{choice}`" for choice in rules["choices"])
    low, high = rules["minimum"], rules["maximum"]
    if low is not None and high is not None:
        return f"{name}, {low:,} to {high:,}"
    return f"{name}, from {low:,}" if low is not None else name


def _default(item: Field[Any], cls: type[Any]) -> str:
    default = item.default
    if default is MISSING:
        overridden = cls is Settings and item.name == "http_port"
        return "see the service" if overridden else "**required**"
    if default == socket.gethostname():
        return "the host's name"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, int):
        return f"`{default}`{_readable(default)}"
    return f"`{default}`" if default != "" else "empty"


def _readable(number: int) -> str:
    for size, unit in _UNITS:
        if number >= size and number % size == 0 and number >= 16 * 1024:
            return f" ({number // size} {unit})"
    return ""


def _comments() -> dict[str, str]:
    """The comment above each metric of the table, less the type it begins with."""
    source = inspect.getsource(metrics)
    lines = source.splitlines()
    names = (node for node in ast.parse(source).body if isinstance(node, ast.AnnAssign))
    return {
        node.target.id: _sentence(_above(lines, node.lineno))
        for node in names
        if isinstance(node.target, ast.Name)
    }


def _above(lines: list[str], number: int) -> Iterable[str]:
    start = number - 1
    while start and lines[start - 1].startswith("#"):
        start -= 1
    return (line.lstrip("#: ") for line in lines[start : number - 1])


def _sentence(lines: Iterable[str]) -> str:
    words = " ".join(lines).partition(": ")[2].strip()
    return words[:1].upper() + words[1:]
