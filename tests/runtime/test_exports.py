"""What the author of a stage writes against: the names of `headway`, and how they come."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import headway
from imports import imported

_ROOT = Path(__file__).parents[2]
#: What a `__main__` imports before anything else, and no other module does.
_FIRST = {"headway.serving", "headway.serving.signals"}


def _printed(script: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    return set(done.stdout.split())


def test_importing_the_library_imports_nothing_else() -> None:
    """Signals are blocked before anything starts threads; `headway` comes before that."""
    # Given all that comes with the library's name
    script = (
        "import sys; before = set(sys.modules); import headway; print(*set(sys.modules) - before)"
    )

    # When it is looked at, then it is of the standard library, and the library has no part yet
    added = _printed(script)
    assert {name for name in added if name.partition(".")[0] not in sys.stdlib_module_names} == {
        "headway"
    }


def test_every_name_is_there_once_it_is_asked_for() -> None:
    """What type checkers are told, what is exported and where it is found are the same."""
    # Given what is told to type checkers
    tree = ast.parse(Path(headway.__file__).read_text(encoding="utf-8"))
    told = {
        alias.name: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("headway.")
        for alias in node.names
    }

    # When it is held against what is exported, then it is that, and each is found there
    assert told == headway._HOMES
    assert sorted(told) == sorted(headway.__all__)
    for name, module in told.items():
        assert getattr(headway, name) is getattr(sys.modules[module], name)


def test_there_is_no_other_name() -> None:
    """A name that was mistyped is said to be missing where it is imported."""
    # Given a name that is not exported, when it is asked for, then it is said so
    with pytest.raises(AttributeError, match="no attribute 'Stages'"):
        getattr(headway, "Stages")  # noqa: B009 - a type checker would not let it pass


@pytest.mark.parametrize("stage", ["p1", "p2"])
def test_a_stage_needs_no_more_than_what_is_exported(stage: str) -> None:
    """Whoever writes one need not know the rooms behind it; they may change."""
    # Given all that a stage imports of the library
    modules = sorted((_ROOT / "services" / stage / stage).rglob("*.py"))
    asked = {(path.name, name) for path in modules for name in _of_library(path)}
    assert asked

    # When it is looked for among the exported names, then it is there
    exported = {"headway", *(f"headway.{name}" for name in headway.__all__)}
    more = {(module, name) for module, name in asked if name not in exported}
    assert more == {("__main__.py", name) for name in _FIRST}


def test_a_stage_comes_without_a_web_framework() -> None:
    """Its image has none: health beside a loop is answered by the standard library."""
    # Given all that a stage's process imports before it runs
    script = "import sys; from headway import run; print(*sys.modules)"

    # When servers of HTTP are looked for, then there is none
    assert not _printed(script) & {"uvicorn", "starlette", "h11"}


def _of_library(path: Path) -> Iterator[str]:
    return (name for name in imported(path) if name.partition(".")[0] == "headway")
