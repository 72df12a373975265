"""Write a further stage behind the last one: its folder, its declarations, its tests.

    make stage NAME=p3

What is written works as it is: a stage that hands each job on with a document of its own. A name
that cannot be is refused, and nothing is changed.
"""

import argparse
import os
import subprocess
import sys

import tree
from headway.declared.catalog import Catalog
from headway.declared.pipeline import Pipeline
from newstage import declarations, folder, naming, record
from newstage.plan import Plan, Refused


def main() -> int:
    """The exit code: 0 written, 1 refused."""
    parser = argparse.ArgumentParser(usage="make stage NAME=<name>", description=__doc__)
    parser.add_argument("name", help="lower-case letters and digits, as p3")
    name = parser.parse_args().name
    try:
        naming.check(tree.ROOT, name)
        texts = _texts(Plan.behind_the_last(name, Pipeline.load()))
    except Refused as refused:
        print(f"stage: {refused}; nothing was changed", file=sys.stderr)
        return 1
    for place, text in sorted(texts.items()):
        path = tree.ROOT / place
        print(f"stage: {'changed' if path.exists() else 'written'} {place}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    _tidy(name)
    _draw(name)
    print(f"stage: {name} is ready; the work goes into services/{name}/{name}/handler.py")
    return 0


def _texts(plan: Plan) -> dict[str, str]:
    """Everything that is written, by its place; put together before anything is."""
    return {
        **declarations.texts(tree.ROOT, plan),
        **record.texts(tree.ROOT, plan, Catalog.load()),
        **folder.texts(plan),
    }


def _tidy(name: str) -> None:
    """Where an import belongs and where a line breaks depends on the name."""
    places = [str(tree.ROOT / top / name) for top in ("services", "tests")]
    for tool in (["check", "--fix", "--select", "I"], ["format"]):
        command = [sys.executable, "-m", "ruff", *tool, "--quiet", *places]
        subprocess.run(command, cwd=tree.ROOT, check=True)


def _draw(name: str) -> None:
    """Draw the documents anew, in a process that finds the package before it is installed."""
    paths = [str(tree.ROOT / "services" / name), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    command = [sys.executable, str(tree.ROOT / "scripts" / "docs.py")]
    subprocess.run(command, env=environment, check=True)


if __name__ == "__main__":
    sys.exit(main())
