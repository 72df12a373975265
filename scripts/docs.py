"""Draw the pictures of `docs/`, fill tables of pages, the chart and its dashboard.

All from declarations and code.

A generated part of a page stands between `<!-- generated: <name> -->` and `<!-- end -->`; the
rest is written by hand. `--check` writes nothing and exits with 1 if anything is stale.
"""

import re
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

import dataflow
import reference
import rooms
import statemachine
import topicwords
import tree
import watching.alerts
import watching.dashboard
from chart import generated
from headway.declared.catalog import Catalog
from headway.declared.pipeline import Pipeline

_ROOT: Final = Path(__file__).parents[1]
_DOCS: Final = _ROOT / "docs"
_PART: Final = re.compile(
    r"(?P<begin><!-- generated: (?P<name>[a-z0-9_ -]+) -->\n).*?(?P<end><!-- end -->)", re.DOTALL
)


def main() -> int:
    stale = [path for path, text in _generated() if _read(path) != text]
    names = [path.relative_to(_ROOT).as_posix() for path in stale]
    if "--check" in sys.argv[1:]:
        for name in names:
            print(f"{name} is stale: run `make docs`")
        return 1 if stale else 0
    for path, text in _generated():
        path.write_text(text, encoding="utf-8")
    print(f"docs: {', '.join(names) or 'nothing'} changed")
    return 0


def _generated() -> Iterator[tuple[Path, str]]:
    catalog, pipeline = Catalog.load(), Pipeline.load()
    services = tree.services()
    yield _DOCS / "dataflow.svg", dataflow.svg(catalog, pipeline, services)
    yield _DOCS / "state-machine.svg", statemachine.svg(pipeline)
    yield _DOCS / "rooms.svg", rooms.svg(_ROOT)
    yield _ROOT / "deploy/helm/headway/files/dashboard.json", watching.dashboard.text()
    parts: dict[str, Callable[[], str]] = {
        "dataflow": lambda: topicwords.mermaid(catalog, pipeline, services),
        "topics": lambda: topicwords.table(catalog, pipeline),
        "states": lambda: statemachine.mermaid(pipeline),
        "statuses": lambda: statemachine.table(pipeline),
        "settings": reference.settings,
        "metrics": reference.metric_table,
        "alerts": lambda: watching.alerts.table(_ROOT),
        **{f"settings of {s}": partial(reference.settings_of, s) for s in services},
    }
    for path in sorted([*_DOCS.glob("*.md"), *_ROOT.glob("services/*/README.md")]):
        text = _read(path)
        filled = _PART.sub(lambda part: part["begin"] + parts[part["name"]]() + part["end"], text)
        if filled != text or _PART.search(text):
            yield path, filled
    yield from generated.files(_ROOT, catalog, pipeline)


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main())
