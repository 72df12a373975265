"""P1 and P2 over a store in memory, and a real Chromium to look at their page."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, sync_playwright
from support.handling import Handlers

from headway.objectstore import ObjectStore

CHROMIUM: Final = Path("/usr/bin/chromium")
PENGUINS: Final = Path(__file__).parents[2] / "demo" / "penguins.csv"


@pytest.fixture
def handlers(tmp_path: Path) -> Handlers:
    return Handlers(ObjectStore.open("memory://"), tmp_path)


@pytest.fixture
def penguins() -> bytes:
    return PENGUINS.read_bytes()


# Of the module, not the session: while it lives, no other test in this thread can run a loop.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        if os.environ.get("CI"):
            pytest.fail(f"{CHROMIUM} is missing; install the package chromium")
        pytest.skip(f"{CHROMIUM} is missing")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()
