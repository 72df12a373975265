"""What one SSE client saw of every job, and whether any of it was not as promised."""

import threading
import time
from collections.abc import Callable
from typing import Any, Self

from support.status.events.sse import SseClient

from headway.auditing.streams import Stream
from headway.declared.pipeline import Pipeline


class Watcher:
    """Follows a stream in a thread of its own and keeps each job's history in order.

    It begins when *begin* turns true: a job nobody knows yet has no stream.
    """

    def __init__(self, url: str, *, begin: Callable[[], bool] = lambda: True) -> None:
        self._begin = begin
        self.client = SseClient(url)
        self.latest: dict[str, dict[str, Any]] = {}
        self.stream = Stream(Pipeline.load())
        self.events = 0
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()
        self._thread.join(5)

    @property
    def faults(self) -> list[str]:
        """What was not as promised, so far."""
        return [str(finding) for finding in self.stream.findings]

    def completed(self) -> int:
        """Jobs whose last seen status is COMPLETED."""
        return sum(job["status"] == "COMPLETED" for job in list(self.latest.values()))

    def _follow(self) -> None:
        while not self._begin():
            time.sleep(0.05)
        for event in self.client:
            self.events += 1
            told = event.json()
            self.stream.take(event.event, told)
            if event.event == "job":
                self.latest[told["job_id"]] = told
