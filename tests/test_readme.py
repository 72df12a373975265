"""The README and its kin against what they speak of."""

import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from headway.declared.stage import StageSettings
from p1.stage import P1Settings
from p2.stage import P2Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
PAGES = [
    ROOT / name
    for name in (
        "README.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "services/p1/README.md",
        "services/p2/README.md",
    )
]


def test_the_code_shown_is_the_code_there_is() -> None:
    """What a reader copies from the README is what the tests run."""
    sources = [ROOT / "demo/producer.py", ROOT / "services/p1/p1/stage.py"]

    for block, source in zip(_blocks("python"), sources, strict=True):
        assert block in source.read_text()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    """No page links to a file that is not there."""
    links = re.findall(r"\]\((?!https?://)([^)#]+)", page.read_text())

    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_named_exists(page: Path) -> None:
    """`make x` in a text or a block is a target of the Makefile."""
    named = set(re.findall(r"(?:`|^)make ([a-z][a-z0-9-]*)", page.read_text(), re.MULTILINE))
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    assert named <= targets


@pytest.mark.parametrize(("stage", "settings"), [("p1", P1Settings), ("p2", P2Settings)])
def test_every_setting_of_a_stage_is_documented_with_its_default(
    stage: str, settings: type[StageSettings]
) -> None:
    """An operator need not read the code."""
    page = (ROOT / f"services/{stage}/README.md").read_text()
    rows = [line for line in page.splitlines() if line.startswith("| `")]

    for setting in fields(settings):
        row = next((row for row in rows if f"`{setting.name.upper()}`" in row), None)
        assert row, setting.name
        if isinstance(setting.default, int | float):
            assert f"`{setting.default}`" in row, setting.name


def _blocks(language: str) -> Iterator[str]:
    for block in re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL):
        yield block.rstrip("\n")
