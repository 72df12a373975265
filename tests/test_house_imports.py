"""Who may import whom: the client at one border, no service another, and pure modules no I/O."""

import tomllib
from functools import cache
from pathlib import Path

import pytest
from support.house.modules import ROOT, modules, name_of

import headway
import tree
from imports import across, imported

_SERVICES = tree.services()
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
    "headway.following.jobindex",
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


def test_the_kafka_client_is_imported_at_one_border() -> None:
    """Its options and its errors are known in one place."""
    # Given who imports the client
    importers = {name_of(p) for p in modules() if _reaches(_imported(p), {"confluent_kafka"})}

    # When they are held against those that may, then they are the same
    assert importers == _CLIENT_IMPORTERS.keys()


def test_a_service_imports_no_other_service() -> None:
    """They meet in topics and over HTTP, nowhere else."""
    # Given every service there is, one that was added last included
    assert {"gateway", "p1", "p2", "status"} <= set(_SERVICES)

    # When imports of one by another are looked for, then there are none
    assert across(ROOT, _SERVICES) == []


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
        (tmp_path / f"services/{service}/{service}/module.py").write_text(text, encoding="utf-8")

    # When they are looked through
    found = across(tmp_path, tree.services(tmp_path))

    # Then an import of the first is told, and nothing else is
    told = [line.rpartition(" imports ") for line in found]
    assert {module for module, _, _ in told} <= {"services/two/two/module.py"}
    assert (named in [name for _, _, name in told]) if named else not told


def test_every_package_is_where_the_type_checker_looks() -> None:
    """A package it cannot find is Any, and nothing in it is checked against the others."""
    # Given where it looks, and the packages there are
    looked = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mypy"][
        "mypy_path"
    ]
    packages = {name_of(path.parent) for path in ROOT.glob("*/*/pyproject.toml")}

    # When they are compared, then it looks at all, and at none that is gone
    assert packages <= set(looked)
    assert [folder for folder in looked if not (ROOT / folder).is_dir()] == []


def test_the_library_imports_no_service() -> None:
    """The arrow points one way: services to the library, the library to its client."""
    # Given everything the library imports, when services are looked for, then there are none
    library = [path for path in modules() if name_of(path).startswith("runtime/")]
    assert [name_of(path) for path in library if _reaches(_imported(path), set(_SERVICES))] == []


def test_nothing_that_is_shipped_imports_a_tool() -> None:
    """Tools are for the demo, the tests and CI; an image has none of them."""
    # Given what is shipped, and the tools there are
    shipped = [path for path in modules() if name_of(path).startswith(("runtime/", "services/"))]
    tools = {path.parent.name for path in ROOT.glob("tools/*/pyproject.toml")}
    assert tools

    # When tools are looked for in what it imports, then there are none
    assert [name_of(path) for path in shipped if _reaches(_imported(path), tools)] == []


@pytest.mark.parametrize("module", _PURE)
def test_a_pure_module_reaches_no_io(module: str) -> None:
    """Neither itself nor through what it imports of ours: it is tested with values alone."""
    # Given all that importing the module imports of our own code
    reached = _closure(module)

    # When ways to the outside are looked for, then there are none
    assert {name for name in reached if _reaches({name}, _IO)} == set()


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
    base = ROOT / ("runtime" if package == "headway" else f"services/{package}")
    path = base / f"{module.replace('.', '/')}.py"
    return path if path.is_file() else None
