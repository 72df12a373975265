"""Who imports whom: the rooms of a package, and the arrows between them, read from the code."""

import ast
from collections.abc import Iterator
from pathlib import Path


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


def imported(path: Path) -> Iterator[str]:
    """Every module a file imports, wherever in it; `from a import b` gives a and a.b."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _target(package: Path, name: str) -> str | None:
    parts = name.split(".")
    if parts[0] != package.name or len(parts) == 1:
        return None
    base = package / parts[1]
    return parts[1] if base.is_dir() or base.with_suffix(".py").is_file() else None


def _room(inside: Path) -> str:
    return inside.with_suffix("").parts[0]
