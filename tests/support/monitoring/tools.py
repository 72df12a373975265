"""Prometheus and promtool, as the machine has them."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest


def tool(name: str) -> str:
    """The path of *name*; where it is missing the test is skipped, in CI it fails."""
    found = shutil.which(name)
    if found is None:
        told = f"{name} is missing; install the package prometheus"
        if os.environ.get("CI"):
            pytest.fail(told)
        pytest.skip(told)
    return found


def promtool(*arguments: str | Path) -> str:
    """What it said; one that refuses fails the test with it."""
    ended = subprocess.run(
        [tool("promtool"), *arguments], capture_output=True, check=False, text=True
    )
    said = ended.stdout + ended.stderr
    assert ended.returncode == 0, said
    return said
