"""Which character stands between the values."""

import csv
import io
import re
from typing import Final

from headway import PermanentError

#: In the order of preference among equally good ones.
CANDIDATES: Final = (",", ";", "\t", "|")
_NAMES: Final = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar", " ": "space"}
_SPELLED: Final = {"\\t": "\t", "tab": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}
_SAMPLE_ROWS: Final = 200
#: Excel's own hint, a first line such as `sep=;`.
_HINT: Final = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)


def name(delimiter: str) -> str:
    return _NAMES.get(delimiter, f"“{delimiter}”")


def given(delimiter: str) -> str:
    """The delimiter the user asked for.

    Raises:
        PermanentError: it is not one character that can stand between values.
    """
    character = _SPELLED.get(delimiter.lower(), delimiter)
    if len(character) != 1 or character in '"\r\n\0' or character.isalnum():
        raise PermanentError(
            f"“{delimiter[:20]}” cannot separate values. Name one character, for example a "
            "comma, a semicolon or a tab, or leave it out and it is detected."
        )
    return character


def hinted(text: str) -> tuple[str, int] | None:
    """The delimiter that a first line `sep=;` names, and that line's length."""
    hint = _HINT.match(text)
    return (hint[1], hint.end()) if hint else None


def detect(sample: str) -> str:
    """The candidate by which most rows have as many values as the first; comma if none does."""
    scored = [(_score(sample, candidate), candidate) for candidate in CANDIDATES]
    best, chosen = max(scored, key=lambda pair: pair[0])
    return chosen if best > (0.0, 0) else ","


def _score(sample: str, delimiter: str) -> tuple[float, int]:
    rows = _rows(sample, delimiter)
    width = len(rows[0]) if rows else 0
    if width < 2:  # noqa: PLR2004 - a header of one value was not split at all
        return 0.0, 0
    alike = sum(len(row) == width for row in rows)
    return alike / len(rows), width


def _rows(sample: str, delimiter: str) -> list[list[str]]:
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter):
            if row:
                rows.append(row)
            if len(rows) == _SAMPLE_ROWS:
                break
    except csv.Error:
        # Those before the fault are sample enough; reading the file names the fault.
        return rows
    return rows
