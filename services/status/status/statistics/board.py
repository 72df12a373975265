"""The windows that are known, by the key of their record: a key is used again and again."""

from collections.abc import Collection, Iterator
from typing import Any, Final, NamedTuple

from headway.wire.codec import Codec

_RECORD: Final = "stage-statistics"
#: Of one stage; the statistics use 2,376.
_MOST_KEYS: Final = 5000


class Window(NamedTuple):
    """One window of one stage; `data` is its record."""

    stage: str
    resolution_ms: int
    start: int
    reports: int
    data: bytes


class Board:
    """One thread hears, any may ask."""

    def __init__(self, codec: Codec, stages: Collection[str]) -> None:
        """Windows of other stages than *stages* are left out."""
        self._codec = codec
        self._stages = tuple(stages)
        self._windows: dict[bytes, Window] = {}

    def hear(self, key: bytes | None, data: bytes | None) -> None:
        """Take a record in, if it is the newest of its key.

        Raises:
            DecodeError: it is none.
        """
        value = self._codec.decode(data, _RECORD)
        window = Window(
            value["stage"], value["resolution_ms"], value["start"], value["reports"], data or b""
        )
        if key is None or window.stage not in self._stages:
            return
        known = self._windows.get(key)
        if known is None and len(self._windows) >= _MOST_KEYS * len(self._stages):
            return
        # What a process says that has stood still for a while covers fewer reports.
        if known is None or (known.start, known.reports) <= (window.start, window.reports):
            self._windows[key] = window

    def since(self, at: int, resolution_ms: int, stage: str | None) -> Iterator[dict[str, Any]]:
        """The windows that end after *at* (ms), in order of stage and time."""
        found = [
            window
            for window in list(self._windows.values())
            if window.resolution_ms == resolution_ms
            and window.start + resolution_ms > at
            and stage in {None, window.stage}
        ]
        found.sort(key=lambda window: (self._stages.index(window.stage), window.start))
        return (self._codec.decode(window.data, _RECORD) for window in found)
