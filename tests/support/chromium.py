"""The real browser of the tests."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, expect, sync_playwright
from support.waiting import DEADLINE_SECONDS

_CHROMIUM: Final = Path("/usr/bin/chromium")
_SWITCHES: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium; where there is none the test is skipped, in CI it fails.

    While it lives, no other test in this thread can run an event loop: keep its scope small.
    """
    if not _CHROMIUM.exists():
        if os.environ.get("CI"):
            pytest.fail(f"{_CHROMIUM} is missing; install the package chromium")
        pytest.skip(f"{_CHROMIUM} is missing")
    expect.set_options(timeout=DEADLINE_SECONDS * 1000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=_SWITCHES)
        yield browser
        browser.close()
