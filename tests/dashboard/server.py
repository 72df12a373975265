"""A stub on a port of its own, in a thread; it can go away and come back on the same port."""

import socket
import threading
from typing import Self

import uvicorn
from starlette.types import Receive, Scope, Send

from dashboard.stub import Stub


class Server:
    """Serves while used as a context manager."""

    def __init__(self, stub: Stub) -> None:
        self._port = 0
        self.serve(stub)
        self.start()

    def serve(self, stub: Stub) -> None:
        """Answer from *stub* from the next request on."""
        self._app = stub.app()

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def stop(self) -> None:
        """Breaks every connection and stops listening."""
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()

    def restart(self) -> None:
        self.stop()
        self.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.running:
            self.stop()

    def start(self) -> None:
        """Listens on the port of before."""
        self._socket = socket.create_server(("127.0.0.1", self._port))
        self._port = self._socket.getsockname()[1]
        config = uvicorn.Config(
            self._answer,
            log_config=None,
            interface="asgi3",
            lifespan="off",
            ws="none",
            # Event streams never end by themselves.
            timeout_graceful_shutdown=0,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],))
        self._thread.start()

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)
