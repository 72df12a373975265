"""A response that goes on until its reader leaves or its client is ended.

uvicorn ends no connection by itself at shutdown, and a write to a reader that does not read never
returns. So three things run side by side: the writing, a watch for the reader's leaving, and a
watch for the end ordered by the hub; the first to finish ends the others. A write that is stuck
then is cut off with its connection, which would otherwise stay for what it has still to send.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager
from typing import Final

from starlette.types import Receive, Scope, Send

from headway.serving.connections import ENDLESS
from status.events.client import Client

_HEADERS: Final = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    # nginx keeps an answer until it has some kilobytes of it, unless it is told not to.
    (b"x-accel-buffering", b"no"),
]
#: The ASGI extension by which the server lets a connection be cut; without it, it is closed.
CUT: Final = "headway.cut"
#: A stream that is ended may send what it is just sending; one that is stuck is cut.
_LAST_WRITE_SECONDS: Final = 0.5


class EventStream:
    """An ASGI response; *connect* gives the client and *feed* what to send to it."""

    def __init__(
        self,
        connect: Callable[[], AbstractContextManager[Client]],
        feed: Callable[[Client], AsyncIterator[bytes]],
    ) -> None:
        self._connect = connect
        self._feed = feed
        self._sending = True  # the headers come first

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "HEAD":
            # Who asks whether there are events gets an answer that ends, and is no reader.
            await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        scope.setdefault("extensions", {})[ENDLESS] = True
        with self._connect() as client:
            if not await self._run(client, receive, send):
                scope.get("extensions", {}).get(CUT, _leave)()
                await asyncio.sleep(0)  # the server takes note that nobody is there any more

    async def _run(self, client: Client, receive: Receive, send: Send) -> bool:
        """Whether the writing came to an end by itself, or its reader left."""
        writing = asyncio.create_task(self._write(client, send))
        leaving = asyncio.create_task(_left(receive))
        ending = asyncio.create_task(client.ended.wait())
        tasks = {writing, leaving, ending}
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if ending in done and writing not in done and not self._sending:
                # It waits for something to send, perhaps for long: nothing is cut off by the end.
                writing.cancel()
                await asyncio.wait({writing})
                writing = asyncio.create_task(_finish(send))
                tasks.add(writing)
            if ending in done:
                await asyncio.wait({writing}, timeout=_LAST_WRITE_SECONDS)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if writing.cancelled():
            return leaving in done
        writing.result()
        return True

    async def _write(self, client: Client, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        self._sending = False
        async for data in self._feed(client):
            self._sending = True
            await send({"type": "http.response.body", "body": data, "more_body": True})
            self._sending = False
        await _finish(send)


async def _finish(send: Send) -> None:
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _leave() -> None:
    """Where the server offers no way to cut."""
