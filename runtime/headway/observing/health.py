"""Two questions with two answers: is the process alive, and is it ready for its work.

Live means the loop has turned lately: restart me if not. Ready means partitions are assigned,
or a reader has caught up: send me traffic.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from headway.base.clock import Clock, SystemClock
from headway.observing import metrics

HEALTH_PATHS: Final = ("/livez", "/readyz", "/metrics")


@dataclass
class Health:
    """What a process knows of itself; written by its loop, read by HTTP threads.

    `stale_seconds` is how long the loop may stand still before the process counts as dead.
    `notes` are what else there is to say in the body of `/readyz`, by name; empty ones are
    left out. `component` is what the process is of, for its metrics.
    """

    component: str = ""
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
            # Nobody else sees it, so it need not be true between two scrapes.
            metrics.READY.labels(self.component).set(self.ready)
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
