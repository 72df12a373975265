"""The rules of the house that no linter knows."""

import ast
from collections import Counter
from statistics import median

from support.house.modules import CODE, ROOT, modules, name_of, parsed

_MODULES_MOST = 12
_MODULE_LINES_MEDIAN = 100
_MODULE_LINES_MOST = 250
_FUNCTION_LINES_MOST = 40


def test_modules_are_small() -> None:
    """Half of them fit on two screens, and none is one to get lost in."""
    # Given the length of every module, those of tests included
    lengths = {
        name_of(path): len(path.read_text(encoding="utf-8").splitlines())
        for path in modules("tests")
    }

    # When they are held against the limits, then they are within
    assert median(lengths.values()) <= _MODULE_LINES_MEDIAN
    assert {name: n for name, n in lengths.items() if n > _MODULE_LINES_MOST} == {}


def test_no_folder_is_crowded() -> None:
    """A room one looks over at a glance; what does not fit is two rooms."""
    # Given how many modules each folder has of its own, tests and the page included
    listed = (path for top in (*CODE, "tests") for path in (ROOT / top).rglob("*"))
    counts = Counter(path.parent for path in listed if path.suffix in {".py", ".js"})

    # When they are counted, then none has too many
    assert {name_of(folder): n for folder, n in counts.items() if n > _MODULES_MOST} == {}


def test_functions_are_small() -> None:
    """A function that does not fit on a screen does two things."""
    # Given every function, of tests too, when its lines are counted, then they are within
    long = {
        f"{name_of(path)}:{node.name}": _lines(node)
        for path in modules("tests")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and _lines(node) > _FUNCTION_LINES_MOST
    }
    assert long == {}


def test_every_module_says_what_it_is_for() -> None:
    """Opened cold, a module states its duty in its first line."""
    # Given every module with anything in it, when its docstring is looked for, then it is there
    silent = [
        name_of(path)
        for path in modules()
        if parsed(path).body and not ast.get_docstring(parsed(path))
    ]
    assert silent == []


def _lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def test_text_is_read_and_written_as_utf8_whatever_the_locale() -> None:
    """A linter sees only what it knows to be a path; containers often have a locale of ASCII."""
    # Given every call that reads or writes a whole file as text
    calls = (
        (path, node)
        for path in modules("tests")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"read_text", "write_text"}
    )

    # When its encoding is looked for, then it is named
    silent = [
        f"{name_of(path)}:{node.lineno}"
        for path, node in calls
        if not any(keyword.arg == "encoding" for keyword in node.keywords)
    ]
    assert silent == []
