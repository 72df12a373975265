"""Telling a damaged file from any other trouble with it, and passing the word on.

Whoever reads or writes the table may be the one who meets the damage; the reader's thread makes
the file anew, since all of it comes from Kafka. A full disk is no damage, nor is a row that does
not fit.
"""

import sqlite3
import threading
from typing import Final

#: What SQLite says of pages that are not what they should be, of a file that is no database, that
#: ends too early, and that was removed below its feet.
_DAMAGE: Final = frozenset(
    {
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_IOERR_READ,
        sqlite3.SQLITE_IOERR_SHORT_READ,
        sqlite3.SQLITE_READONLY_DBMOVED,
    }
)
_PRIMARY: Final = 0xFF
#: Said without a code of its own: a table or column of ours is missing, a text is none.
_DAMAGED_WORDS: Final = ("no such table", "no such column", "Could not decode to UTF-8")


class TableDamaged(Exception):  # noqa: N818 - names the condition
    """Raised to who reads the table while it has to be made anew."""


class Damage:
    """What was met, until the file is made anew; safe to share by threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reason: str | None = None

    @property
    def reason(self) -> str | None:
        """What the damage shows itself by; None if there is none."""
        return self._reason

    def met(self, error: sqlite3.Error) -> bool:
        """Take note of *error* if it tells of damage; whether it does."""
        if not is_damage(error):
            return False
        with self._lock:
            self._reason = self._reason or str(error)
        return True

    def mended(self) -> None:
        with self._lock:
            self._reason = None


def is_damage(error: sqlite3.Error) -> bool:
    """Whether *error* says that the file's content is not what was written."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is not None and {code, code & _PRIMARY} & _DAMAGE:
        return True
    return str(error).startswith(_DAMAGED_WORDS)
