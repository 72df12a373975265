"""An answer given before the request's body was read, in a way the client gets to see it.

Closing a connection with unread bytes in it makes the system send a reset, and a client still
sending then loses the answer. Not closing it makes the server read on without end. So: say that
the connection will close, send the whole answer, read and drop what the client still sends for a
bounded time and size, then close. A client that waits for `100 Continue` has sent nothing: its
connection is closed at once.
"""

import asyncio
from contextlib import suppress
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: 100 MB at 30 Mbit/s take 27 s; who is slower may lose the answer, not the server.
LINGER_SECONDS: Final = 30.0
#: A client still sending sends something within this; one that stalls need not be waited for.
QUIET_SECONDS: Final = 3.0


class Linger:
    """Middleware; outermost, since it must see the last message of every answer."""

    def __init__(self, app: ASGIApp, *, most_bytes: int) -> None:
        self._app = app
        self._most_bytes = most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _has_body(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(receive, send, most_bytes=self._most_bytes)
        exchange.awaits_continue = "expect" in Headers(scope=scope)
        await self._app(scope, exchange.receive, exchange.send)


class _Exchange:
    def __init__(self, receive: Receive, send: Send, *, most_bytes: int) -> None:
        self._receive = receive
        self._send = send
        self._left_bytes = most_bytes
        self._read_whole = False
        self._closes = False
        self.awaits_continue = False

    async def receive(self) -> Message:
        message = await self._receive()
        self.awaits_continue = False
        self._read_whole = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and not self._read_whole:
            self._closes = True
            MutableHeaders(scope=message)["Connection"] = "close"
        last = message["type"] == "http.response.body" and not message.get("more_body", False)
        if not (last and self._closes):
            await self._send(message)
            return
        await self._send({**message, "more_body": True})
        await self._drain()
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _drain(self) -> None:
        if self.awaits_continue:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                while not self._read_whole and self._left_bytes > 0:
                    async with asyncio.timeout(QUIET_SECONDS):
                        message = await self.receive()
                    self._left_bytes -= len(message.get("body", b""))


def _has_body(headers: Headers) -> bool:
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"
