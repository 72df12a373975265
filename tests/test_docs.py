"""Documents that can be wrong are checked: pictures, tables, names of tests, links."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[1]
_LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)#\s]+)[^)]*\)")
_NAMED_TEST = re.compile(r"\[(test_\w+)\]\((tests/[\w/]+\.py)\)")
_DECISIONS = sorted((_ROOT / "docs/adr").glob("[0-9]*.md"))
#: What fits on a printed page.
_PAGE_LINES = 60


def _pages() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z", "*.md"],
        cwd=_ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    return [_ROOT / name for name in listed.split("\0") if name and (_ROOT / name).is_file()]


def test_generated_pictures_and_tables_are_what_the_sources_say() -> None:
    """`make docs` would change nothing: what is committed is drawn from what is declared."""
    # Given the documents as they are
    # When the generator compares them with what it would write
    checked = subprocess.run(
        [sys.executable, "scripts/docs.py", "--check"],
        cwd=_ROOT,
        capture_output=True,
        check=False,
        text=True,
    )

    # Then nothing is stale
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("page", _pages(), ids=lambda page: str(page.relative_to(_ROOT)))
def test_links_between_documents_lead_somewhere(page: Path) -> None:
    """A moved file breaks here and not for its reader."""
    # Given the links of a page to files of the repository
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)

    # When they are followed, then each one leads to something
    broken = [link for link in _LINK.findall(text) if not (page.parent / link).exists()]
    assert broken == []


def test_every_guarantee_names_tests_that_exist() -> None:
    """A guarantee whose test was renamed or removed is a guarantee no more."""
    # Given the table of guarantees
    text = (_ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    _, _, table = text.partition("| guarantee | tests |\n|---|---|\n")
    rows = table.partition("\n\n")[0].splitlines()
    assert len(rows) > 20

    # When the tests are looked for, then every row names some, and all of them exist
    assert [row for row in rows if not _NAMED_TEST.search(row)] == []
    missing = [
        f"{path}::{name}" for name, path in _NAMED_TEST.findall(table) if name not in _tests(path)
    ]
    assert missing == []


@pytest.mark.parametrize("decision", _DECISIONS, ids=lambda path: str(path.stem[:4]))
def test_a_decision_is_one_page_of_the_usual_shape(decision: Path) -> None:
    """Named after what was decided; context, decision, consequences; no longer than a page."""
    # Given a decision
    lines = decision.read_text(encoding="utf-8").splitlines()

    # When its form is looked at, then it is the usual one
    number, _, slug = decision.stem.partition("-")
    title = re.sub(r"[^a-z0-9]+", "-", lines[0].partition(". ")[2].lower()).strip("-")
    assert lines[0].startswith(f"# {int(number)}. ")
    assert title == slug
    headings = [line for line in lines if line.startswith("## ")]
    assert headings == ["## Context", "## Decision", "## Consequences"]
    assert lines[2].startswith("Status: ")
    assert len(lines) <= _PAGE_LINES


def test_every_decision_is_in_the_index() -> None:
    """The index is how a decision is found."""
    # Given the decisions, no two of one number
    numbers = [int(path.stem[:4]) for path in _DECISIONS]
    assert len(set(numbers)) == len(numbers)

    # When the index is read, then each one is in it under its title
    index = (_ROOT / "docs/adr/README.md").read_text(encoding="utf-8")
    for path in _DECISIONS:
        title = path.read_text(encoding="utf-8").splitlines()[0].partition(". ")[2]
        assert f"[{title}]({path.name})" in index


def _tests(path: str) -> set[str]:
    file = _ROOT / path
    tree = ast.parse(file.read_text(encoding="utf-8")) if file.is_file() else ast.Module([], [])
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    return {node.name for node in ast.walk(tree) if isinstance(node, kinds)}
