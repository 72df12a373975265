"""A line that anybody can cause from outside is written some times a minute, then counted."""

import logging
from typing import Final

from headway.base.clock import Clock, SystemClock

MOST_LINES: Final = 20
WINDOW_SECONDS: Final = 10.0
#: Different texts remembered at once; a text with data in it would be another one each time.
_MOST_TEXTS: Final = 100


class Flood(logging.Filter):
    """Lets `MOST_LINES` lines of one text pass in `WINDOW_SECONDS`.

    The first line after a window in which some were left out says how many in `left_out`.
    """

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._since = clock.monotonic()
        self._seen: dict[str, int] = {}
        self._left_out = 0

    def filter(self, record: logging.LogRecord) -> bool:
        now = self._clock.monotonic()
        if now - self._since >= WINDOW_SECONDS:
            self._since = now
            self._seen.clear()
            if self._left_out:
                record.left_out, self._left_out = self._left_out, 0
        # Beyond so many texts all further ones share one count.
        text = str(record.msg)
        if text not in self._seen and len(self._seen) >= _MOST_TEXTS:
            text = ""
        self._seen[text] = self._seen.get(text, 0) + 1
        passes = self._seen[text] <= MOST_LINES
        self._left_out += not passes
        return passes


def bound_floods(*loggers: str) -> None:
    """Bound what these loggers write; once for each."""
    for name in loggers:
        logger = logging.getLogger(name)
        if not any(isinstance(known, Flood) for known in logger.filters):
            logger.addFilter(Flood(SystemClock()))
