"""Changes the core of the runtime a little, again and again, and tells what no test notices.

    scripts/mutants.py [module ...]      all that are named below by default

Not a part of CI: a run takes its time. It works on a copy, so the tree is never touched, and ends
with the mutants that survived, as differences.
"""

import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).parents[1]
_WORK: Final = _ROOT / ".headway" / "mutants"
_PYTHON: Final = _WORK / "venv" / "bin" / "python"

_ROOM: Final = "tests/runtime"
_LOOP: Final = f"{_ROOM}/loop"
_TABLE: Final = "tests/status/table"
_OFFSETS: Final = (
    f"{_ROOM}/owning/test_offsets.py {_ROOM}/owning/test_donemap.py {_ROOM}/wire/test_metadata.py"
)
_TRIALS: Final = f"{_ROOM}/saying/test_trials.py {_ROOM}/saying/test_outages.py"

#: What is mutated, and the tests that have to notice.
_MODULES: Final = {
    "headway/owning/offsets.py": _OFFSETS,
    "headway/wire/metadata.py": _OFFSETS,
    "headway/following/jobindex.py": f"{_ROOM}/following/test_jobindex.py",
    "headway/following/generations.py": f"{_ROOM}/following/test_window.py",
    "headway/following/horizon.py": f"{_ROOM}/following/test_horizon.py",
    "headway/wire/identity.py": f"{_ROOM}/wire/test_identity.py",
    "headway/owning/flow.py": (
        f"{_ROOM}/owning/test_flow.py {_ROOM}/owning/test_buffer.py {_LOOP}/test_bounds.py"
    ),
    "headway/around/circuit.py": f"{_ROOM}/around",
    "headway/saying/frame.py": (
        f"{_ROOM}/saying/test_frame.py {_ROOM}/saying/test_cutting.py {_TRIALS}"
    ),
    "headway/saying/transaction.py": (
        f"{_ROOM}/saying/test_transaction.py tests/runtime/client/test_frames.py "
        f"{_ROOM}/saying/test_committer.py {_ROOM}/saying/test_acknowledgements.py {_LOOP}"
    ),
    "headway/saying/sayer.py": (
        f"{_ROOM}/saying/test_saying.py {_ROOM}/saying/test_last_word.py "
        f"{_ROOM}/saying/test_reopening.py {_LOOP}"
    ),
    "headway/running/runner.py": _LOOP,
    "headway/saying/committer.py": f"{_ROOM}/saying/test_committer.py {_LOOP}",
    "headway/saying/trials.py": f"{_TRIALS} {_LOOP}",
    "status/table/merge.py": (
        f"{_TABLE}/test_merge.py {_TABLE}/test_draft.py {_TABLE}/test_orders.py "
        f"{_TABLE}/test_attempts.py"
    ),
    "status/table/position.py": f"{_TABLE}/test_position.py tests/status/events/feed",
}
#: They start processes, in which nothing is mutated.
_APART: Final = f"--ignore={_LOOP}/test_exit.py"

_UNNOTICED: Final = (": survived", ": no tests", ": suspicious")

_SETTINGS: Final = """\
[mutmut]
source_paths = {package}
only_mutate = {module}
also_copy =
{beside}
pytest_add_cli_args =
    -p
    no:cacheprovider
    -m
    not broker
    {apart}
pytest_add_cli_args_test_selection =
{tests}
"""


def main() -> None:
    """Mutate the modules that the command line names, by their last name."""
    names = sys.argv[1:] or [Path(module).stem for module in _MODULES]
    chosen = [module for module in _MODULES if Path(module).stem in names]
    _install()
    for module in chosen:
        print(f"\n=== {module}", flush=True)
        print(_mutate(module), flush=True)


def _install() -> None:
    """The tool, in an environment of its own: neither the product nor CI needs it."""
    uv, lock = _ROOT / ".venv" / "bin" / "uv", _ROOT / "requirements-mutants.lock"
    if _PYTHON.exists():
        return
    _run([uv, "venv", "-q", "--python", _ROOT / ".venv" / "bin" / "python", _PYTHON.parents[1]])
    _run([uv, "pip", "sync", "-q", "--python", _PYTHON, "--require-hashes", lock])
    (ours,) = (_ROOT / ".venv" / "lib").glob("python*/site-packages")
    (own,) = (_PYTHON.parents[1] / "lib").glob("python*/site-packages")
    (own / "tested.pth").write_text(f"{ours}\n", encoding="utf-8")


def _mutate(module: str) -> str:
    """What survived of the mutants of one module."""
    tree = _WORK / Path(module).stem
    _copy(tree)
    package = module.partition("/")[0]
    beside = sorted(path.name for path in tree.iterdir() if path.name not in {package, "tests"})
    settings = _SETTINGS.format(
        package=package,
        module=module,
        beside=_lines(beside),
        apart=_APART,
        tests=_lines(_MODULES[module].split()),
    )
    (tree / "setup.cfg").write_text(settings, encoding="utf-8")
    _run([_PYTHON, "-m", "mutmut", "run"], cwd=tree)
    found = _run([_PYTHON, "-m", "mutmut", "results", "--all", "true"], cwd=tree).splitlines()
    counts = Counter(line.rpartition(": ")[2] for line in found if ": " in line)
    names = [line.strip().rpartition(": ")[0] for line in found if line.endswith(_UNNOTICED)]
    shown = [_run([_PYTHON, "-m", "mutmut", "show", name], cwd=tree) for name in names]
    return "\n".join([str(dict(counts)), *shown])


def _copy(tree: Path) -> None:
    """The packages side by side, as they are installed, with their tests."""
    shutil.rmtree(tree, ignore_errors=True)
    for package in (*(_ROOT / "runtime").glob("*/"), *(_ROOT / "services").glob("*/*/")):
        if (package / "__init__.py").exists():
            shutil.copytree(package, tree / package.name)
    shutil.copytree(_ROOT / "schemas", tree / "headway" / "_schemas")
    shutil.copytree(_ROOT / "tests", tree / "tests")
    shutil.copy(_ROOT / "pyproject.toml", tree)


def _lines(words: Iterable[str]) -> str:
    return "\n".join(f"    {word}" for word in words)


def _run(command: list[str | Path], cwd: Path = _ROOT) -> str:
    # A mutant that hangs is noticed soon.
    environment = {**os.environ, "PATIENCE": os.environ.get("PATIENCE", "0.1")}
    ran = subprocess.run(
        command, cwd=cwd, env=environment, stdout=subprocess.PIPE, check=False, text=True
    )
    if ran.returncode:
        raise SystemExit(f"{command} failed:\n{ran.stdout}")
    return ran.stdout


if __name__ == "__main__":
    main()
