"""One connected reader of events: what waits to be sent to it, within bounds."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import NamedTuple

from status.events.sse import HEARTBEAT, HEARTBEAT_SECONDS


class Chunk(NamedTuple):
    """Encoded events and the commit they tell of; the bytes are shared by all who get them."""

    sequence: int
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How far a reader may fall behind before it is dropped; one chunk of any size may wait."""

    chunks: int = 256
    bytes: int = 4 * 1024 * 1024


class Client:
    """Filled by the hub, emptied by the stream; both on the event loop.

    It hears nothing until it `listen`s: what happened before is read from the table, and what
    happens while that read is under way waits here and is sorted out by `skip`.
    """

    def __init__(self, job_id: str | None, bounds: Bounds) -> None:
        self.job_id = job_id
        self.ended = asyncio.Event()
        self._bounds = bounds
        self._waiting: deque[Chunk] = deque()
        self._bytes = 0
        #: Sent with what waits, whether it is listened or not.
        self._aside: dict[str, bytes] = {}
        self._listening = False
        self._seen = -1
        self._filled = asyncio.Event()

    def listen(self) -> None:
        """Begin to hear, with nothing waiting."""
        self._waiting.clear()
        self._bytes = 0
        self._listening = True

    def pause(self) -> None:
        """Hear nothing until the next `listen`."""
        self._listening = False

    def skip(self, sequence: int) -> None:
        """Leave out what a snapshot of that commit contained already."""
        self._seen = sequence
        self._waiting = deque(chunk for chunk in self._waiting if chunk.sequence > sequence)
        self._bytes = sum(len(chunk.data) for chunk in self._waiting)

    def offer(self, chunk: Chunk) -> bool:
        """Take *chunk*; False if there is no room, and the reader has to be dropped."""
        if not self._listening or chunk.sequence <= self._seen:
            return True
        if self._waiting and not self._has_room(chunk):
            return False
        self._waiting.append(chunk)
        self._bytes += len(chunk.data)
        self._filled.set()
        return True

    def tell(self, about: str, data: bytes) -> None:
        """Have *data* sent beside what the table says, in place of what waits *about* the same."""
        self._aside[about] = data
        self._filled.set()

    def aside(self) -> bytes:
        """What is told beside, for once."""
        data = b"".join(self._aside.values())
        self._aside.clear()
        return data

    def _has_room(self, chunk: Chunk) -> bool:
        few = len(self._waiting) < self._bounds.chunks
        return few and self._bytes + len(chunk.data) <= self._bounds.bytes

    def end(self) -> None:
        """Let the stream end; the reader comes back by the last id it got."""
        self.ended.set()
        self._filled.set()

    async def stream(self) -> AsyncIterator[bytes]:
        """What arrives, all that waits in one piece; a heartbeat when it is quiet."""
        while not self.ended.is_set():
            data = await self._next()
            if data and not self.ended.is_set():
                yield data

    async def _next(self) -> bytes:
        try:
            async with asyncio.timeout(HEARTBEAT_SECONDS):
                await self._filled.wait()
        except TimeoutError:
            return HEARTBEAT
        self._filled.clear()
        data = self.aside() + b"".join(chunk.data for chunk in self._waiting)
        self._waiting.clear()
        self._bytes = 0
        return data
