"""A proxy that hands each connection to a replica of its choice and breaks it when it likes.

Raw TCP, so a stream is cut at any byte: inside an id, an event, a sending of many.
"""

import asyncio
import random
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Final, Self

#: What a proxy in front of HTTP services says of one that is down.
_BAD_GATEWAY: Final = b"HTTP/1.0 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"
_CHUNK_BYTES: Final = 4096
#: How much a connection is let through, and how long: from inside the first event to quite a while.
_MOST_BYTES: Final = (150, 700, 3_000, 20_000, 200_000, 10_000_000)
_MOST_SECONDS: Final = (0.3, 1.0, 3.0, 10.0)


class SwitchingProxy:
    """Listens on a port of its own, in a thread of its own; a context."""

    def __init__(self, ports: Sequence[int], *, seed: int) -> None:
        self._ports = ports
        self._rng = random.Random(seed)
        self._listening = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self.port = 0
        self.cuts = self.refusals = 0
        #: Set when the storm is over: connections are left alone from then on.
        self.calm = False

    def __enter__(self) -> Self:
        self._thread.start()
        self._listening.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()

    async def _run(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=1024)
        self.port = server.sockets[0].getsockname()[1]
        self._listening.set()
        await self._over.wait()
        server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._pass_on(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # either side is gone, or the proxy is over
        finally:
            writer.transport.abort()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        port = self._rng.choice(self._ports)
        try:
            answer, request = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            self.refusals += 1
            writer.write(_BAD_GATEWAY)
            await writer.drain()
            return
        try:
            request.write(await reader.readuntil(b"\r\n\r\n"))
            with suppress(TimeoutError):
                async with asyncio.timeout(None if self.calm else self._rng.choice(_MOST_SECONDS)):
                    await self._copy(answer, writer)
        finally:
            request.transport.abort()

    async def _copy(self, answer: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        left = self._rng.choice(_MOST_BYTES)
        while data := await answer.read(_CHUNK_BYTES):
            writer.write(data if self.calm else data[:left])
            await writer.drain()
            left -= len(data)
            if left <= 0 and not self.calm:
                self.cuts += 1
                return
