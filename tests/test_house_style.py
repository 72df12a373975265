"""The rules of the house that no linter knows."""

import ast
import re
import subprocess
import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from statistics import median

import pytest

import headway
import tree
from imports import across, imported

_ROOT = Path(__file__).parents[1]
_CODE = ("runtime", "services", "tools", "demo", "scripts")
_SERVICES = tree.services()
_MODULES_MOST = 12
_MODULE_LINES_MEDIAN = 100
_MODULE_LINES_MOST = 450
_FUNCTION_LINES_MOST = 50

#: Who imports the Kafka client, and why it may.
_CLIENT_IMPORTERS = {
    "runtime/headway/edges/kafka.py": "the border",
    "demo/producer.py": "shows that a producer needs nothing of ours",
}

#: Modules whose answers depend on their arguments alone; some read a declaration's file.
_PURE = (
    "headway.declared.catalog",
    "headway.base.clock",
    "headway.wire.envelope",
    "headway.base.errors",
    "headway.declared.handler",
    "headway.wire.metadata",
    "headway.following.seen",
    "headway.owning.offsets",
    "headway.owning.partition",
    "headway.declared.pipeline",
    "headway.declared.retry",
    "p1.findings.column",
    "p1.columns.histogram",
    "p1.columns.kinds",
    "p1.columns.numbers",
    "p1.document.profile",
    "p2.document.figures",
    "p2.page.scale",
    "p2.document.words",
    "status.table.merge",
    "status.table.position",
    "status.table.row",
    "status.events.sse",
)
_IO = {
    "asyncio",
    "confluent_kafka",
    "headway.edges.kafka",
    "headway.edges.objectstore",
    "http",
    "httpx",
    "obstore",
    "requests",
    "socket",
    "sqlite3",
    "starlette",
    "subprocess",
    "threading",
    "urllib.request",
    "uvicorn",
}

#: Written in two parts, so that this file is not the one that names them.
_REGISTRIES = [
    f"{host}.{domain}"
    for host, domain in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("repo1.maven", "org"),
        ("repo.maven.apache", "org"),
        ("npmjs", "org"),
        ("proxy.golang", "org"),
        ("ghcr", "io"),
        ("quay", "io"),
        ("docker", "io"),
    )
]
_MACHINE_PATH = re.compile(r"(?:(?<![\w.}~/-])|(?<=file://))/(root|home|work)(?![\w.-])")


def test_modules_are_small() -> None:
    """Half of them fit on two screens, and none is one to get lost in."""
    # Given the length of every module
    lengths = {_name(path): len(path.read_text().splitlines()) for path in _modules()}

    # When they are held against the limits, then they are within
    assert median(lengths.values()) <= _MODULE_LINES_MEDIAN
    assert {name: n for name, n in lengths.items() if n > _MODULE_LINES_MOST} == {}


def test_no_folder_is_crowded() -> None:
    """A room one looks over at a glance; what does not fit is two rooms."""
    # Given how many modules each folder has of its own, tests and the page included
    listed = (path for top in (*_CODE, "tests") for path in (_ROOT / top).rglob("*"))
    counts = Counter(path.parent for path in listed if path.suffix in {".py", ".js"})

    # When they are counted, then none has too many
    assert {_name(folder): n for folder, n in counts.items() if n > _MODULES_MOST} == {}


def test_functions_are_small() -> None:
    """A function that does not fit on a screen does two things."""
    # Given every function, when its lines are counted, then they are within the limit
    long = {
        f"{_name(path)}:{node.name}": _lines(node)
        for path in _modules()
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and _lines(node) > _FUNCTION_LINES_MOST
    }
    assert long == {}


def test_every_module_says_what_it_is_for() -> None:
    """Opened cold, a module states its duty in its first line."""
    # Given every module with anything in it, when its docstring is looked for, then it is there
    silent = [
        _name(path)
        for path in _modules()
        if _tree(path).body and not ast.get_docstring(_tree(path))
    ]
    assert silent == []


def test_the_kafka_client_is_imported_at_one_border() -> None:
    """Its options and its errors are known in one place."""
    # Given who imports the client
    importers = {_name(p) for p in _modules() if _reaches(_imported(p), {"confluent_kafka"})}

    # When they are held against those that may, then they are the same
    assert importers == _CLIENT_IMPORTERS.keys()


def test_a_service_imports_no_other_service() -> None:
    """They meet in topics and over HTTP, nowhere else."""
    # Given every service there is, one that was added last included
    assert {"gateway", "p1", "p2", "status"} <= set(_SERVICES)

    # When imports of one by another are looked for, then there are none
    assert across(_ROOT, _SERVICES) == []


@pytest.mark.parametrize(
    ("code", "named"),
    [
        ("import one.columns.kinds", "one.columns.kinds"),
        ("def f():\n    from one import columns", "one"),
        ("in_processes('one.handler:of_settings', settings)", "one.handler"),
        ("import json, headway.base, two.page, onerous", None),
        ("'one: a sentence', 'one.csv'", None),
    ],
)
def test_an_import_of_another_service_is_found_wherever_it_is_added(
    tmp_path: Path, code: str, named: str | None
) -> None:
    """A rule that finds nothing would be no rule."""
    # Given two services of which nobody has heard, the second with that code in it
    for service, text in {"one": "", "two": code}.items():
        (tmp_path / f"services/{service}/{service}").mkdir(parents=True)
        (tmp_path / f"services/{service}/pyproject.toml").touch()
        (tmp_path / f"services/{service}/{service}/module.py").write_text(text)

    # When they are looked through
    found = across(tmp_path, tree.services(tmp_path))

    # Then an import of the first is told, and nothing else is
    told = [line.rpartition(" imports ") for line in found]
    assert {module for module, _, _ in told} <= {"services/two/two/module.py"}
    assert (named in [name for _, _, name in told]) if named else not told


def test_every_package_is_where_the_type_checker_looks() -> None:
    """A package it cannot find is Any, and nothing in it is checked against the others."""
    # Given where it looks, and the packages there are
    looked = tomllib.loads((_ROOT / "pyproject.toml").read_text())["tool"]["mypy"]["mypy_path"]
    packages = {_name(path.parent) for path in _ROOT.glob("*/*/pyproject.toml")}

    # When they are compared, then it looks at all, and at none that is gone
    assert packages <= set(looked)
    assert [folder for folder in looked if not (_ROOT / folder).is_dir()] == []


def test_the_library_imports_no_service() -> None:
    """The arrow points one way: services to the library, the library to its client."""
    # Given everything the library imports, when services are looked for, then there are none
    library = [path for path in _modules() if _name(path).startswith("runtime/")]
    assert [_name(path) for path in library if _reaches(_imported(path), set(_SERVICES))] == []


def test_nothing_that_is_shipped_imports_a_tool() -> None:
    """Tools are for the demo, the tests and CI; an image has none of them."""
    # Given what is shipped, and the tools there are
    shipped = [path for path in _modules() if _name(path).startswith(("runtime/", "services/"))]
    tools = {path.parent.name for path in _ROOT.glob("tools/*/pyproject.toml")}
    assert tools

    # When tools are looked for in what it imports, then there are none
    assert [_name(path) for path in shipped if _reaches(_imported(path), tools)] == []


@pytest.mark.parametrize("module", _PURE)
def test_a_pure_module_reaches_no_io(module: str) -> None:
    """Neither itself nor through what it imports of ours: it is tested with values alone."""
    # Given all that importing the module imports of our own code
    reached = _closure(module)

    # When ways to the outside are looked for, then there are none
    assert {name for name in reached if _reaches({name}, _IO)} == set()


def test_no_package_registry_is_named() -> None:
    """Where packages come from is the machine's business: a mirror must do as well."""
    # Given every text file that is kept or could be
    # When the hosts of registries are looked for, then there are none
    found = [
        f"{name}: {host}"
        for name, text in _texts()
        for host in _REGISTRIES
        if re.search(rf"(?<![\w-]){re.escape(host)}(?![\w-])", text)
    ]
    assert found == []


def test_no_path_of_a_machine_is_named() -> None:
    """The repository works wherever it lies, for whoever has it."""
    # Given every text file that is kept or could be
    # When the places where it was made are looked for, then there are none
    found = [
        f"{name}:{text.count(chr(10), 0, match.start()) + 1}: {match[0]}"
        for name, text in _texts()
        if name != "tests/test_house_style.py"
        for match in _MACHINE_PATH.finditer(text)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("cd /root/x", True),
        ("file:///home/me/x", True),
        ("'/work'", True),
        ("(/home/me)", True),
        ("a /workers", False),
        ("demo/work/x", False),
        ("https://work/x", False),
        ("{folder}/work", False),
    ],
)
def test_the_check_of_paths_sees_paths_and_nothing_else(text: str, *, named: bool) -> None:
    """A rule that finds nothing would be no rule."""
    # Given a text, when it is searched, then a machine's path is found where there is one
    assert bool(_MACHINE_PATH.search(text)) is named


@cache
def _modules() -> tuple[Path, ...]:
    return tuple(path for top in _CODE for path in sorted((_ROOT / top).rglob("*.py")))


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def _name(path: Path) -> str:
    return path.relative_to(_ROOT).as_posix()


def _lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


@cache
def _imported(path: Path) -> set[str]:
    return set(imported(path))


def _reaches(names: set[str], roots: set[str]) -> bool:
    """Whether one of *names* is one of *roots* or lies inside it."""
    return any(f"{name}.".startswith(f"{root}.") for name in names for root in roots)


def _closure(module: str) -> set[str]:
    """What importing *module* imports, followed through our own packages."""
    reached, left = set[str](), [module]
    while left:
        path = _path_of(left.pop())
        new = {_home(name) for name in _imported(path)} - reached if path else set()
        reached |= new
        left += new
    return reached


def _home(name: str) -> str:
    """Where it lies, if it is one of the names that the library exports."""
    package, _, exported = name.partition(".")
    return headway._HOMES.get(exported, name) if package == "headway" else name


def _path_of(module: str) -> Path | None:
    package = module.partition(".")[0]
    base = _ROOT / ("runtime" if package == "headway" else f"services/{package}")
    path = base / f"{module.replace('.', '/')}.py"
    return path if path.is_file() else None


@cache
def _texts() -> tuple[tuple[str, str], ...]:
    """Name and text of every file that is tracked or would be."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"],
        cwd=_ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    return tuple(_read(filter(None, listed.split("\0"))))


def _read(names: Iterator[str]) -> Iterator[tuple[str, str]]:
    for name in names:
        path = _ROOT / name
        data = path.read_bytes() if path.is_file() else b""
        if b"\0" not in data:
            yield name, data.decode("utf-8", "replace")
