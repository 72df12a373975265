"""A copy of the repository, to change, and this Python to look at it."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

_ROOT = Path(__file__).parents[2]

Ended: TypeAlias = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class Repository:
    """The tree somewhere else; its packages are found there and not where they came from."""

    root: Path

    @staticmethod
    def copied(root: Path) -> "Repository":
        """A copy in *root* of all that is tracked or could be, as it is now."""
        for name in filter(
            None, _git(_ROOT, "ls-files", "-co", "--exclude-standard", "-z").split("\0")
        ):
            if (_ROOT / name).is_file():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(_ROOT / name, root / name)
        _git(root, "init", "--quiet")
        _git(root, "add", "--all")
        return Repository(root)

    @property
    def schemas(self) -> Path:
        """Where it declares what there is."""
        return self.root / "schemas"

    def make_stage(self, name: str) -> Ended:
        """`make stage NAME=<name>`, without the installation, which needs a network."""
        wanted = (f"NAME={name}", f"PYTHON={sys.executable}")
        return self._run("make", "-s", "-o", "install", "stage", *wanted)

    def python(self, *arguments: str, **environment: str) -> Ended:
        """`python <arguments>`; blocks."""
        return self._run(sys.executable, *arguments, **environment)

    def changes(self) -> list[str]:
        """What is another than it was when it was copied, a line a file."""
        told = self._run("git", "status", "--porcelain", "--untracked-files=all")
        return told.stdout.splitlines()

    def _run(self, *command: str, **environment: str) -> Ended:
        tops = ("services", "tools")
        packages = [
            self.root / "runtime",
            *(p for top in tops for p in (self.root / top).iterdir()),
        ]
        return subprocess.run(
            command,
            cwd=self.root,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, packages)), **environment},
            capture_output=True,
            check=False,
            text=True,
        )


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=folder, capture_output=True, check=True, text=True
    )
    return done.stdout
