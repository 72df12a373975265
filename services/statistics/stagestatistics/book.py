"""The lives of all stages in a table, and what is to be said when a report comes.

All of a stage lie in one partition, in the order of their times, so a window of a stage is closed
when the first report of a later one comes. What it came to is said before that report is taken in:
whoever goes on after a crash, from the table as it was, says it again and comes to the same.
"""

from collections.abc import Iterator, MutableMapping
from typing import Any, Final

from headway.wire.codec import Codec
from stagestatistics.lives import FORGOTTEN_MS, Life, Report, heard, key_of
from stagestatistics.sums import summed
from stagestatistics.windows import RESOLUTIONS

_RECORD: Final = "statistics-life"

Statistics = dict[str, Any]


class Book:
    """For one thread; *table* is changed by `take` alone, and may be by others (a recovery)."""

    def __init__(self, table: MutableMapping[bytes, bytes], codec: Codec) -> None:
        self._table = table
        self._codec = codec
        #: What a value means; asked by the very object, so nothing in it can be stale.
        self._read: dict[bytes, tuple[bytes, Life]] = {}

    def closed_by(self, report: Report, at: int) -> list[Statistics]:
        """The windows that *report*, appended at *at* (ms), ends: to be said before it is taken."""
        stage = report["stage"]
        lives = list(self._lives(stage))
        if heard(self._life(key_of(report)), report, self._moment(lives, at)) is None:
            return []
        at = self._moment(lives, at)
        return [
            summed(stage, resolution, start, lives)
            for resolution in RESOLUTIONS
            if (start := _newest(lives, resolution.ms)) is not None and start < resolution.start(at)
        ]

    def take(self, report: Report, at: int) -> bool:
        """Take *report* in; false if it was known."""
        key, lives = key_of(report), list(self._lives(report["stage"]))
        at = self._moment(lives, at)
        life = heard(self._life(key), report, at)
        if life is None:
            return False
        self._table[key] = self._codec.encode(_RECORD, life)
        for other in lives:
            if other["heard_at"] < at - FORGOTTEN_MS:
                del self._table[key_of(other)]
        return True

    def open(self, stage: str) -> list[Statistics]:
        """The windows of *stage* that may still change."""
        lives = list(self._lives(stage))
        return [
            summed(stage, resolution, start, lives)
            for resolution in RESOLUTIONS
            if (start := _newest(lives, resolution.ms)) is not None
        ]

    @staticmethod
    def _moment(lives: list[Life], at: int) -> int:
        """*at*, or later: the clock of a broker may be set back, and its windows are closed."""
        newest: int = max([at, *(life["heard_at"] for life in lives)])
        return newest

    def _lives(self, stage: str) -> Iterator[Life]:
        begins = f"{stage}/".encode()
        for key in list(self._table):
            if key.startswith(begins) and (life := self._life(key)) is not None:
                yield life

    def _life(self, key: bytes) -> Life | None:
        value = self._table.get(key)
        if value is None:
            self._read.pop(key, None)
            return None
        known = self._read.get(key)
        if known is None or known[0] is not value:
            known = self._read[key] = (value, self._codec.decode(value, _RECORD))
        return known[1]


def _newest(lives: list[Life], length_ms: int) -> int | None:
    """When the newest window of that length begins in which any of *lives* was heard."""
    starts = (
        window["start"]
        for life in lives
        for window in life["windows"]
        if window["resolution_ms"] == length_ms
    )
    return max(starts, default=None)
