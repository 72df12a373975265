"""Says sums in their topic: those that are closed at once, those that are open once a second."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final

from headway.base.clock import Clock, SystemClock
from headway.observing import metrics
from headway.wire.codec import Codec
from stagestatistics.book import Book, Statistics
from stagestatistics.windows import RESOLUTIONS

#: Sends a key and a value to a partition; when it is awaited, they are acknowledged.
Send = Callable[[bytes, bytes, int], Awaitable[Any]]

_RECORD: Final = "stage-statistics"
#: A process that stood still for longer may have lost its stages without having noticed: what it
#: knows of an open window may be less than what another has said since.
_STOOD_STILL_SECONDS: Final = 4.0


class Saying:
    """For one event loop."""

    def __init__(self, book: Book, codec: Codec, send: Send, *, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._book = book
        self._codec = codec
        self._send = send
        self._keys = {resolution.ms: resolution for resolution in RESOLUTIONS}
        #: Of which stages something is to be said, and in which partition.
        self._moved: dict[str, int] = {}
        self._turned_at = self._clock.monotonic()

    async def hear(self, report: dict[str, Any], at: int, partition: int) -> None:
        """Take a report in; what it closes is acknowledged before."""
        await self._say(self._book.closed_by(report, at), partition)
        taken = self._book.take(report, at)
        metrics.STATISTICS_REPORTS.labels("summed" if taken else "known").inc()
        metrics.STATISTICS_BEHIND.set(max(self._clock.now_ms() - at, 0) / 1000)
        self._moved[report["stage"]] = partition

    async def turn(self) -> None:
        """Say what has moved since the last turn."""
        now, before = self._clock.monotonic(), self._turned_at
        self._turned_at = now
        if now - before > _STOOD_STILL_SECONDS:
            self._moved.clear()
        moved, self._moved = self._moved, {}
        for stage, partition in moved.items():
            await self._say(self._book.open(stage), partition)

    def gone(self) -> None:
        """Stages may be others' from now on."""
        self._moved.clear()

    async def _say(self, sums: Iterable[Statistics], partition: int) -> None:
        for value in sums:
            resolution = self._keys[value["resolution_ms"]]
            key = resolution.key(value["stage"], value["start"])
            await self._send(key, self._codec.encode(_RECORD, value), partition)
