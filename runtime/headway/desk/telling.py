"""What is said: answers on stdout, for people or machines; notes and progress on stderr."""

import json
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

_WIDTH: Final = 30
#: Where nobody looks on, a line now and then.
_LINE_SECONDS: Final = 5.0
_REDRAW_SECONDS: Final = 0.1
#: What takes less is not told.
_QUIET_SECONDS: Final = 0.5


def answer(text: str) -> None:
    """One line, or more, of the answer."""
    sys.stdout.write(text + "\n")


def answer_json(value: Mapping[str, object]) -> None:
    """One line of JSON of the answer."""
    answer(json.dumps(value, ensure_ascii=False))


def note(text: str) -> None:
    """A line for whoever waits; not part of the answer."""
    sys.stdout.flush()
    sys.stderr.write(f"headway: {text}\n")
    sys.stderr.flush()


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Columns as wide as they need; the last one ends where it ends."""
    lines = [heads, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads) - 1)]
    for line in lines:
        cells = [cell.ljust(width) for cell, width in zip(line, widths, strict=False)]
        answer("  ".join([*cells, line[-1]]).rstrip())


def counted(number: int, thing: str) -> str:
    """`1 letter`, `2,000 letters`."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def moment(ms: int) -> str:
    """A time as ISO 8601 in UTC, to the second."""
    try:
        return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, ValueError, OSError):
        return "?"


class Progress:
    """How far something is: a bar on a terminal, else a line now and then, all on stderr."""

    def __init__(self, words: str, total: int) -> None:
        self._words = words
        self._total = total
        self._drawn = False
        quiet = _QUIET_SECONDS if sys.stderr.isatty() else _LINE_SECONDS
        self._next_at = time.monotonic() + quiet

    def at(self, number: int) -> None:
        """It is *number* of the total now."""
        now = time.monotonic()
        if now < self._next_at:
            return
        terminal = sys.stderr.isatty()
        self._next_at = now + (_REDRAW_SECONDS if terminal else _LINE_SECONDS)
        text = f"{self._words}: {number:,} of {self._total:,}"
        if not terminal:
            note(text)
            return
        full = _WIDTH * min(number, self._total) // max(1, self._total)
        sys.stderr.write(f"\r[{'#' * full}{'.' * (_WIDTH - full)}] {text}\x1b[K")
        sys.stderr.flush()
        self._drawn = True

    def over(self) -> None:
        """Leave the bar behind."""
        if self._drawn:
            sys.stderr.write("\n")
            self._drawn = False
