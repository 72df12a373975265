"""P1 and P2 over a store in memory, and a real Chromium to look at their page."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser
from support.chromium import chromium
from support.stages.handling import Handlers

from headway.edges.objectstore import ObjectStore

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
    with chromium() as browser:
        yield browser
