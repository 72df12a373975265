"""A folder for what worker processes put on disk: one an instance, emptied at the next start.

What a killed process leaves behind is thus met again and removed, and two stages of one name on
one machine never empty each other's: a folder belongs to whoever holds the lock in it.
"""

import fcntl
import os
import re
import shutil
import stat
import tempfile
from itertools import count
from pathlib import Path
from typing import IO, Final

from headway.base.errors import SettingsError
from headway.declared.stage import StageSettings

_MOST_NAME_CHARACTERS: Final = 200


class Scratch:
    """A locked, empty folder, until `close`."""

    def __init__(self, stage: str, settings: StageSettings) -> None:
        """Take the first folder of this instance's name that nobody holds, and empty it.

        Raises:
            SettingsError: there can be no folder, or it is somebody else's.
        """
        root = Path(settings.scratch_dir or tempfile.gettempdir())
        name = _name(f"headway-{settings.topic_prefix}{stage}-{settings.instance_id}")
        candidates = (name if number == 1 else f"{name}-{number}" for number in count(1))
        locks = ((root / candidate, _locked(root / candidate)) for candidate in candidates)
        self.folder, self._lock = next((found, lock) for found, lock in locks if lock)
        for left in self.folder.iterdir():
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)

    def close(self) -> None:
        """Remove the folder and all in it."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self._lock.close()


def _name(wished: str) -> str:
    """A name of one folder, whatever the settings are: nothing outside it is ever emptied."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", wished)[:_MOST_NAME_CHARACTERS]


def _locked(folder: Path) -> IO[bytes] | None:
    """The lock of *folder*, made if absent; None if another process holds it."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
            raise SettingsError(f"the scratch folder {folder} is not this user's own")
        lock = (folder / "lock").open("wb")
    except OSError as error:
        raise SettingsError(f"the scratch folder {folder}: {error.strerror or error}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return None
    return lock
