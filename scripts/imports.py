"""Who imports whom: the rooms of a package, and the arrows between them, read from the code."""

import ast
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

#: How a handler is named to a worker process, which imports it.
_REFERENCE: Final = re.compile(r"(?P<module>[a-z_]\w*(\.\w+)*):\w+")


def arrows(package: Path) -> dict[tuple[str, str], set[str]]:
    """Each pair of rooms of which one imports the other, with the modules that do.

    A room is a folder of *package*, or a module that lies in none.
    """
    found: dict[tuple[str, str], set[str]] = {}
    for path in sorted(package.rglob("*.py")):
        inside = path.relative_to(package)
        here = _room(inside)
        for name in imported(path):
            there = _target(package, name)
            if there and there != here:
                found.setdefault((here, there), set()).add(inside.as_posix())
    return found


def rooms(package: Path) -> list[str]:
    """The rooms of *package*, by name."""
    return sorted({_room(path.relative_to(package)) for path in package.rglob("*.py")})


def across(root: Path, services: Collection[str]) -> list[str]:
    """Every import of one of *services* by another, or by a module beside it in its folder."""
    return [
        f"{path.relative_to(root).as_posix()} imports {name}"
        for service in sorted(services)
        for path in sorted((root / "services" / service).rglob("*.py"))
        for name in sorted({*imported(path), *_referred(path)})
        if name.partition(".")[0] in set(services) - {service}
    ]


def imported(path: Path) -> Iterator[str]:
    """Every module a file imports, wherever in it; `from a import b` gives a and a.b."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _referred(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            reference = _REFERENCE.fullmatch(node.value)
            if reference:
                yield reference["module"]


def _target(package: Path, name: str) -> str | None:
    parts = name.split(".")
    if parts[0] != package.name or len(parts) == 1:
        return None
    base = package / parts[1]
    return parts[1] if base.is_dir() or base.with_suffix(".py").is_file() else None


def _room(inside: Path) -> str:
    return inside.with_suffix("").parts[0]
