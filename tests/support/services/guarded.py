"""A guarded server in this process, and clients with sockets of their own."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Any

import uvicorn
from prometheus_client import REGISTRY
from support.waiting import DEADLINE_SECONDS, wait_until

from headway.serving.connections import ENDLESS, GuardedProtocol, guarded

GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
LIVE = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
HELD = b"GET /held HTTP/1.1\r\nHost: localhost\r\n\r\n"
#: More than what the system keeps on the way to a client that does not read.
LARGE_BYTES = 64 * 1024 * 1024

Connect = Callable[..., socket.socket]


class Application:
    """Answers at once, but `/held` when told, `/large` largely and `/endless` without end."""

    def __init__(self) -> None:
        self.release = threading.Event()
        self.held = 0
        self.endless_left = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        path = scope["path"]
        if path == "/held":
            self.held += 1
            await asyncio.to_thread(self.release.wait)
        body = b"x" * LARGE_BYTES if path == "/large" else b"whole"
        headers = [(b"content-length", b"%d" % len(body))]
        if path == "/endless":
            scope["extensions"] = {ENDLESS: True}
            headers = []
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        if path == "/endless":
            await send({"type": "http.response.body", "body": b"first", "more_body": True})
            while (await receive())["type"] != "http.disconnect":
                pass
            self.endless_left += 1
            return
        await send({"type": "http.response.body", "body": body})


@contextmanager
def guarded_server(application: Application, most: int) -> Iterator[Connect]:
    """Connects to a server of at most *most* connections, sending what is given."""
    config = uvicorn.Config(
        application, http=guarded(GuardedProtocol, most), port=0, lifespan="off", log_config=None
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_until(lambda: server.started)
    address = server.servers[0].sockets[0].getsockname()
    with ExitStack() as opened:

        def connect(sends: bytes = b"") -> socket.socket:
            connection = opened.enter_context(closing(socket.create_connection(address)))
            connection.settimeout(DEADLINE_SECONDS)
            connection.sendall(sends)
            return connection

        try:
            yield connect
        finally:
            application.release.set()
            opened.close()
            server.should_exit = True
            thread.join(DEADLINE_SECONDS)


def everything(connection: socket.socket) -> bytes:
    """All that comes until the connection ends, however it does."""
    got = b""
    try:
        while more := connection.recv(1024 * 1024):
            got += more
    except ConnectionError:
        pass
    return got


def cut(reason: str) -> float:
    labels = {"reason": reason}
    return REGISTRY.get_sample_value("headway_connections_cut_total", labels) or 0.0
