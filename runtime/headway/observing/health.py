"""Two questions with two answers: is the process alive, and is it ready for its work.

Live means the loop has turned lately: restart me if not. Ready means partitions are assigned,
or a reader has caught up: send me traffic.
"""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Self

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from headway.base.clock import Clock, SystemClock

#: Each connection has a thread, and one that sends nothing must not keep it.
_PATIENCE_SECONDS: Final = 10.0


@dataclass
class Health:
    """What a process knows of itself; written by its loop, read by HTTP threads.

    `stale_seconds` is how long the loop may stand still before the process counts as dead.
    `notes` are what else there is to say in the body of `/readyz`, by name; empty ones are
    left out.
    """

    stale_seconds: float = 60.0
    clock: Clock = field(default_factory=SystemClock)
    ready: bool = False
    reason: str = "starting"
    notes: dict[str, Any] = field(default_factory=dict)
    _turned_at: float | None = None

    def turned(self) -> None:
        """The loop has turned."""
        self._turned_at = self.clock.monotonic()

    def set_ready(self, *, ready: bool, reason: str) -> None:
        self.ready, self.reason = ready, reason

    @property
    def live(self) -> bool:
        """Whether the loop turned lately; true before its first turn (a start may be slow)."""
        if self._turned_at is None:
            return True
        return self.clock.monotonic() - self._turned_at < self.stale_seconds

    def answer(self, path: str) -> tuple[int, str, bytes] | None:
        """Status code, media type and body for a health path; None for any other path."""
        if path == "/metrics":
            return 200, CONTENT_TYPE_LATEST, generate_latest()
        answers: dict[str, Callable[[], tuple[bool, str]]] = {
            "/livez": lambda: (self.live, "turning" if self.live else "the loop stands still"),
            "/readyz": lambda: (self.ready, self.reason),
        }
        if path not in answers:
            return None
        good, reason = answers[path]()
        # One copy: other threads write notes meanwhile.
        notes = {} if path == "/livez" else {k: v for k, v in self.notes.copy().items() if v}
        body = json.dumps({"ok": good, "reason": reason, **notes}).encode()
        return (200 if good else 503), "application/json", body


class HealthServer:
    """Serves a `Health` from a thread of its own, for services that have no other HTTP."""

    def __init__(self, health: Health, *, host: str, port: int) -> None:
        self._server = ThreadingHTTPServer((host, port), _handler_for(health))
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            name="health",
            daemon=True,
        )

    @property
    def port(self) -> int:
        """The port bound, of interest where 0 was asked for."""
        return self._server.server_port

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler_for(health: Health) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = _PATIENCE_SECONDS

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
