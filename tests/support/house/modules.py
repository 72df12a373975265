"""The modules of the house, as its rules look at them."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[3]
CODE = ("runtime", "services", "tools", "demo", "scripts")


@cache
def modules(*more: str) -> tuple[Path, ...]:
    """Every module of our code, and of the folders *more*."""
    return tuple(path for top in (*CODE, *more) for path in sorted((ROOT / top).rglob("*.py")))


@cache
def parsed(path: Path) -> ast.Module:
    """What stands in the module at *path*."""
    return ast.parse(path.read_text(encoding="utf-8"))


def name_of(path: Path) -> str:
    """Where *path* lies in the repository."""
    return path.relative_to(ROOT).as_posix()
