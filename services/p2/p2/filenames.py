"""Names of the files a user downloads, made from the name of the file they sent."""

import re
from typing import Final

_STEM_MAX_CHARACTERS: Final = 80
_KNOWN_ENDING: Final = re.compile(r"\.(csv|tsv|txt|tab)$", re.IGNORECASE)
_UNSAFE: Final = re.compile(r"[^\w.]+")


def report(title: str, ending: str) -> str:
    """`penguins.csv` gives `penguins-report.html`: letters, digits, `_`, `-` and `.` only."""
    last = re.split(r"[/\\]", title)[-1]
    stem = _UNSAFE.sub("-", _KNOWN_ENDING.sub("", last)).strip("-._")
    return f"{stem[:_STEM_MAX_CHARACTERS].rstrip('-._') or 'data'}-report.{ending}"
