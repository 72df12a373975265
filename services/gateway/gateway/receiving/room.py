"""How much is taken in at once: requests and bytes, on a disk that has to have them free."""

import shutil
from collections.abc import AsyncGenerator, AsyncIterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from gateway.receiving.refusals import Kind, Refusal, size_text

#: Uploads take seconds; who comes back sooner meets the same ones.
_RETRY_SECONDS: Final = "10"
#: A body that does not say how large it is takes room in steps of this.
_STEP_BYTES: Final = 64 * 1024


class Room:
    """Bounds for what is open at once; used by the event loop alone.

    A request that is alone always fits `most_bytes`, so that no setting shuts everybody out.
    *folder* is where the bytes will lie; None: in memory.
    """

    def __init__(self, *, most: int, most_bytes: int, folder: Path | None = None) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._folder = folder
        self._taken = 0
        self._taken_bytes = 0

    @contextmanager
    def entered(self, size_bytes: int | None) -> Iterator["Place"]:
        """Keeps room for one request of *size_bytes*, or of what it grows to, while the block runs.

        Raises:
            Refusal: there is none just now.
        """
        if self._taken >= self._most:
            raise _full(f"{self._taken} uploads are open, which is as many as are taken at once")
        self._taken += 1
        place = Place(self)
        try:
            place.grow_to(size_bytes or 0)
            yield place
        finally:
            self._taken -= 1
            self._taken_bytes -= place.size_bytes

    def take(self, size_bytes: int, *, own_bytes: int) -> None:
        """Room for *size_bytes* more, for a request that has *own_bytes*."""
        wanted_bytes = self._taken_bytes + size_bytes
        if self._taken_bytes > own_bytes and wanted_bytes > self._most_bytes:
            raise _full(f"The open uploads bring {size_text(self._taken_bytes)} already")
        # Those already on the disk count twice; so the last of its space is never used up.
        if self._folder is not None and shutil.disk_usage(self._folder).free < wanted_bytes:
            raise _full("The disk has no room for it")
        self._taken_bytes = wanted_bytes


class Place:
    """What one request holds of a room."""

    def __init__(self, room: Room) -> None:
        self.size_bytes = 0
        self._room = room

    def grow_to(self, size_bytes: int) -> None:
        """Hold at least *size_bytes*.

        Raises:
            Refusal: there is no more room just now.
        """
        if (more_bytes := size_bytes - self.size_bytes) > 0:
            self._room.take(more_bytes, own_bytes=self.size_bytes)
            self.size_bytes = size_bytes

    async def growing(self, chunks: AsyncIterable[bytes]) -> AsyncGenerator[bytes, None]:
        """*chunks*, with room for each before it is given."""
        seen_bytes = 0
        async for chunk in chunks:
            seen_bytes += len(chunk)
            if seen_bytes > self.size_bytes:
                self.grow_to(seen_bytes + _STEP_BYTES)
            yield chunk


def _full(reason: str) -> Refusal:
    detail = f"{reason}. The job was not taken; send the same request again later."
    return Refusal(Kind.OVERLOADED, detail, headers={"Retry-After": _RETRY_SECONDS})
