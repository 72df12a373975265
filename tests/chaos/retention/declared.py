"""A service over declarations of a run: `python -m chaos.retention.declared FOLDER MODULE …`.

Topics as declared keep tombstones for 90 days and are compacted once 1 GB was written. What is to
be seen within minutes needs topics that are declared otherwise, and services that know it.
"""

import runpy
import shutil
import sys
from pathlib import Path
from typing import Any, Final

import yaml

from headway.declared import declarations

_STATES: Final = "job-state"
#: Segments are as small as brokers take them, and end while a run goes on.
_SHORT: Final = {"segment.bytes": "1048576", "segment.ms": "5000"}
_COMPACTED: Final = {"min.cleanable.dirty.ratio": "0.01", "delete.retention.ms": "30000"}


def write_short(folder: Path) -> Path:
    """The declarations, copied to *folder*, with topics that are compacted within seconds."""
    shutil.copytree(declarations.schemas_root(), folder)
    for path in (folder / "topics").glob("*.yaml"):
        declared: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        more = _COMPACTED if declared["cleanup_policy"] == "compact" else {}
        declared["config"] = {**declared.get("config", {}), **_SHORT, **more}
        path.write_text(yaml.safe_dump(declared), encoding="utf-8")
    return folder


def _run(folder: Path, module: str, *arguments: str) -> None:
    # Before anybody has asked for it by its name.
    vars(declarations)["schemas_root"] = lambda: folder
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _run(Path(sys.argv[1]), *sys.argv[2:])
