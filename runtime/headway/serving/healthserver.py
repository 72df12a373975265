"""Health over HTTP for a service that serves nothing else, beside its loop.

A thread for each connection, and no server on an event loop of its own: where other threads never
let go of the interpreter both wait their turn, and this one needs no package
(docs/adr/0034-every-service-is-run-by-one-piece.md). What is bounded is bounded here: so many
connections, each for so long. Where they are used up the one that has been open longest makes room,
so that half requests keep no probe out. Where the process may open no more files one is kept back.
"""

import logging
import os
import socket
import sys
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from typing import Any, Final, Self

from headway.base.clock import SystemClock
from headway.observing.health import Health

logger = logging.getLogger(__name__)

#: Probes and scrapes of a few askers at once, with some to spare; each costs a thread meanwhile.
MOST_CONNECTIONS: Final = 32
#: From its first byte to the last of the answer; a probe has long given up by then.
_PATIENCE_SECONDS: Final = 10.0
#: A connection that is cut lets go of its place at once, unless the machine is busy.
_CUT_SECONDS: Final = 0.5


#: Between two tries to accept without a file for it: the try would come at once, over and over.
_NO_FILE_SECONDS: Final = 0.1


class HealthServer:
    """Serves a `Health` from a thread of its own; listens from when it is made."""

    def __init__(self, health: Health, *, host: str, port: int) -> None:
        self._server = _Server((host, port), _handler_for(health))
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            name="health",
            daemon=True,
        )

    @property
    def port(self) -> int:
        """The port bound, of interest where 0 was asked for."""
        port: int = self._server.server_address[1]
        return port

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingMixIn, TCPServer):
    """One thread accepts, and one serves each connection, at most `MOST_CONNECTIONS` of them."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = MOST_CONNECTIONS

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self._clock = SystemClock()
        self._places = threading.Semaphore(MOST_CONNECTIONS)
        self._lock = threading.Lock()
        #: Since when each is open, the longest first. One that was cut is not in it any more.
        self._open: dict[Any, float] = {}
        self._spare = _spare_file()
        super().__init__(address, handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        """The next connection, in the place of the spare file if there is no other."""
        try:
            return super().get_request()
        except OSError:
            if self._spare is None:
                time.sleep(_NO_FILE_SECONDS)
                raise
            os.close(self._spare)
            self._spare = None
            return super().get_request()

    def server_close(self) -> None:
        super().server_close()
        if self._spare is not None:
            os.close(self._spare)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection as soon as there is a place for it; for the accepting thread."""
        if not self._places.acquire(blocking=False):
            self._make_room()
        with self._lock:
            self._open[request] = self._clock.monotonic()
        try:
            super().process_request(request, client_address)
        except BaseException:  # no thread more on this machine
            self._leave(request)
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve it and let go of its place; for its own thread."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._leave(request)

    def service_actions(self) -> None:
        """Cut what has been open too long; called twice a second and after each connection."""
        if self._spare is None:
            self._spare = _spare_file()
        now = self._clock.monotonic()
        with self._lock:
            overdue = [one for one, at in self._open.items() if now - at >= _PATIENCE_SECONDS]
            for request in overdue:
                self._cut(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that left is nobody's trouble."""
        del request, client_address
        gone = isinstance(sys.exception(), OSError)
        logger.log(logging.DEBUG if gone else logging.ERROR, "health.unanswered", exc_info=True)

    def _make_room(self) -> None:
        placed = False
        while not placed:
            with self._lock:
                if self._open:
                    self._cut(next(iter(self._open)))
            placed = self._places.acquire(timeout=_CUT_SECONDS)

    def _cut(self, request: socket.socket) -> None:
        """Whatever its thread waits for is over; it ends by itself. The lock is held."""
        del self._open[request]
        with suppress(OSError):
            request.shutdown(socket.SHUT_RDWR)

    def _leave(self, request: Any) -> None:
        with self._lock:
            self._open.pop(request, None)
        self._places.release()


def _spare_file() -> int | None:
    """A file to be closed where the process may open no more; None if that is so already."""
    with suppress(OSError):
        return os.open(os.devnull, os.O_RDONLY)
    return None


def _handler_for(health: Health) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = health.answer(self.path.partition("?")[0])
            code, media_type, body = answer or (404, "text/plain", b"not found\n")
            self.send_response(code)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("X-Content-Type-Options", "nosniff")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            """Probes are not worth a log line."""

    return Handler
