"""The files the dashboard is made of, as files."""

import re
from pathlib import Path
from typing import Final

import pytest

from dashboard.stub import STATIC

INDEX: Final = (STATIC / "index.html").read_text(encoding="utf-8")
MODULES: Final = sorted(STATIC.rglob("*.js"))


def _name(path: Path) -> str:
    """Where a file of the page lies, as the page names it."""
    return path.relative_to(STATIC).as_posix()


def test_every_module_is_loaded_at_once() -> None:
    """All are named in the page: found import by import they would cost a round trip a level."""
    # When the modules that the page loads are looked for
    loaded = re.findall(r'(?:rel="modulepreload" href|type="module" src)="static/(.+?)"', INDEX)

    # Then they are all there are
    assert sorted(loaded) == sorted(_name(module) for module in MODULES)


def test_every_style_sheet_is_used() -> None:
    """And none is named that is not there."""
    # When the style sheets that the page links are looked for
    linked = re.findall(r'rel="stylesheet" href="static/(.+?)"', INDEX)

    # Then they are all there are
    assert sorted(linked) == sorted(_name(sheet) for sheet in STATIC.rglob("*.css"))


def test_the_page_needs_nothing_inline() -> None:
    """A strict content security policy allows neither inline scripts nor inline styles."""
    # When scripts and styles within the page are looked for, then there are none
    assert re.findall(r"<style|<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=", INDEX) == []


@pytest.mark.parametrize("module", MODULES, ids=_name)
def test_a_module_stays_small_and_puts_no_markup_together(module: Path) -> None:
    """One duty each; text becomes nodes by textContent alone."""
    # Given a module of the page
    source = module.read_text(encoding="utf-8")

    # When it is read, then it is checked by types, short, and never speaks of markup
    assert source.startswith("// @ts-check\n")
    assert len(source.splitlines()) <= 200
    assert (
        re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", source) == []
    )
