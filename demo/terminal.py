"""What the demo says: plain lines into a pipe; in a terminal colour and one moving line."""

import shutil
from collections.abc import Mapping
from typing import Final, TextIO

_COLOURS: Final = {"green": 32, "red": 31, "yellow": 33, "cyan": 36, "bold": 1, "dim": 2}
_CLEAR_LINE: Final = "\r\x1b[2K"
_BAR_CELLS: Final = 28
#: Eighths of a cell, so that a percent is seen to move.
_EIGHTHS: Final = " ▏▎▍▌▋▊▉"


class Terminal:
    """Writes lines that stay, and in a terminal below them one line that moves."""

    def __init__(self, stream: TextIO, environ: Mapping[str, str]) -> None:
        self._stream = stream
        self.moves = stream.isatty() and environ.get("TERM") != "dumb"
        self._coloured = self.moves and not environ.get("NO_COLOR")
        self._moving = ""

    def paint(self, text: str, colour: str) -> str:
        return f"\x1b[{_COLOURS[colour]}m{text}\x1b[0m" if self._coloured else text

    def say(self, text: str = "") -> None:
        """A line that stays."""
        self._erase()
        self._write(f"{text}\n")

    def done(self, what: str, detail: str, aside: str) -> None:
        """Something was reached."""
        self.say(f"  {self.paint('✓', 'green')} {what:<9} {detail}  {self.paint(aside, 'dim')}")

    def warn(self, text: str) -> None:
        self.say(f"  {self.paint('!', 'yellow')} {text}")

    def fail(self, text: str) -> None:
        self.say(f"  {self.paint('✗', 'red')} {text}")

    def move(self, text: str) -> None:
        """Redraw the moving line; in a pipe there is none."""
        width = shutil.get_terminal_size().columns - 1
        moving = f"    {text}"[:width]
        if self.moves and moving != self._moving:
            self._erase()
            self._moving = moving
            self._write(self.paint(moving, "cyan"))

    def _erase(self) -> None:
        if self._moving:
            self._write(_CLEAR_LINE)
            self._moving = ""

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


def bar(percent: int) -> str:
    """*percent* as a bar of fixed width."""
    full, part = divmod(percent * _BAR_CELLS * 8 // 100, 8)
    cells = "█" * full + (_EIGHTHS[part] if full < _BAR_CELLS else "")
    return f"▕{cells:<{_BAR_CELLS}}▏"
