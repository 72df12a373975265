"""Names of the files a user downloads, made from the name of the file they sent."""

import re
from typing import Final

_STEM_MAX_CHARACTERS: Final = 80
_KNOWN_ENDING: Final = re.compile(r"\.(csv|tsv|txt|tab)$", re.IGNORECASE)
_UNSAFE: Final = re.compile(r"[^\w.]+")


def report(title: str, ending: str) -> str:
    """`penguins.csv` gives `penguins-report.html`: letters, digits, `_`, `-` and `.` only."""
    # A title may be a path, of Windows too: any producer may write one.
    last = re.split(r"[/\\]", title)[-1]
    stem = _UNSAFE.sub("-", _KNOWN_ENDING.sub("", last)).strip("-._")
    # Stripped once more, for the cut may leave a dash or a dot at the end.
    return f"{stem[:_STEM_MAX_CHARACTERS].rstrip('-._') or 'data'}-report.{ending}"
