"""The README and its kin against what they speak of."""

import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

import tree

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [
    ROOT / name
    for name in (
        "README.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        *(f"services/{service}/README.md" for service in tree.services()),
    )
]
HOWTO = sorted((ROOT / "docs/howto").glob("*.md"))
#: The front door: what it is, how to start it, a look, what is promised, where to go on.
_MOST_WORDS = 750


def test_the_code_shown_is_the_code_there_is() -> None:
    """What a reader copies is what the tests run."""
    # Given the code that pages show
    shown = [block for page in [ROOT / "README.md", *HOWTO] for block in _blocks("python", page)]
    assert len(shown) >= 2

    # When it is looked for in the tree, then each block is somewhere
    sources = [
        path.read_text(encoding="utf-8")
        for top in ("demo", "services")
        for path in _python(ROOT / top)
    ]
    assert [block for block in shown if not any(block in source for source in sources)] == []


def test_the_front_page_is_short() -> None:
    """Who meets it for the first time reads it to its end."""
    # Given the page, when its words are counted, then they are few
    assert len(README.split()) <= _MOST_WORDS


@pytest.mark.parametrize("page", [*PAGES, *HOWTO], ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    """No page links to a file that is not there."""
    # Given the links of a page to files of the repository
    links = re.findall(r"\]\((?!https?://)([^)#]+)", page.read_text(encoding="utf-8"))

    # When they are followed, then each one leads to something
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", [*PAGES, *HOWTO], ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_named_exists(page: Path) -> None:
    """`make x` in a text or a block is a target of the Makefile."""
    # Given the commands that a page names, and the targets there are
    named = set(
        re.findall(r"(?:`|^)make ([a-z][a-z0-9-]*)", page.read_text(encoding="utf-8"), re.MULTILINE)
    )
    targets = set(
        re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    )

    # When the commands are looked for, then all are there
    assert named <= targets


@pytest.mark.parametrize("stage", tree.stages())
def test_every_setting_of_a_stage_is_documented_with_its_default(stage: str) -> None:
    """An operator need not read the code."""
    # Given the table of settings on a stage's page
    page = (ROOT / f"services/{stage}/README.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `")]

    # When its settings are looked for, then each has a row, with its default if that is a number
    for setting in fields(tree.settings_of(stage)):
        row = next((row for row in rows if f"`{setting.name.upper()}`" in row), None)
        assert row, setting.name
        if isinstance(setting.default, int | float):
            assert f"`{setting.default}`" in row, setting.name


def _python(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def _blocks(language: str, page: Path) -> Iterator[str]:
    pattern = rf"^```{language}\n(.*?)^```$"
    for block in re.findall(pattern, page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
        yield block.rstrip("\n")
