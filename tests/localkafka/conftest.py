"""Stand-ins for the programs of the machine."""

from collections.abc import Callable
from pathlib import Path

import pytest

Install = Callable[[str, str], None]


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder to use as the PATH, empty at first."""
    folder = tmp_path / "bin"
    folder.mkdir()
    return folder


@pytest.fixture
def install(programs: Path) -> Install:
    """Put a shell script under a program's name into that folder."""

    def write(name: str, script: str) -> None:
        path = programs / name
        path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        path.chmod(0o755)

    return write
