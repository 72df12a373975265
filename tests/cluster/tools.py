"""helm and kubectl, as they are on PATH or beside the interpreter; every call is bounded."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

#: More than any of them takes that does not wait for pods; those have `--timeout` of their own.
_CALL_SECONDS: Final = 900.0
CHART: Final = Path(__file__).parents[2] / "deploy/helm/headway"


class Refused(Exception):  # noqa: N818 - names the outcome
    """A tool that ended with an error; its own words."""


def tool(name: str) -> str:
    """The path of *name*.

    Raises:
        Refused: there is none.
    """
    beside = Path(sys.executable).with_name(name)
    found = os.environ.get(name.upper()) or shutil.which(name)
    if found is None and beside.exists():
        found = str(beside)
    if found is None:
        raise Refused(f"{name} is needed: put it on PATH, or run scripts/helm.sh")
    return found


def call(name: str, *arguments: str, given: str | None = None) -> str:
    """What *name* prints. Blocks until it ends.

    Raises:
        Refused: it ended with an error, or did not end.
    """
    command = [tool(name), *arguments]
    try:
        ended = subprocess.run(
            command, input=given, capture_output=True, text=True, timeout=_CALL_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise Refused(f"{name} {' '.join(arguments)} has not ended") from error
    if ended.returncode:
        raise Refused(f"{name} {' '.join(arguments)}: {ended.stderr.strip()[-2000:]}")
    return ended.stdout


def objects(kinds: str, *arguments: str) -> list[dict[str, Any]]:
    """What kubectl gets of *kinds* (comma separated)."""
    answer: dict[str, Any] = json.loads(
        call("kubectl", "get", kinds, *arguments, "--output", "json")
    )
    items: list[dict[str, Any]] = answer["items"]
    return items
