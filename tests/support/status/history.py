"""What one SSE client saw of every job, and whether any of it went backwards."""

import threading
import time
from collections.abc import Callable
from typing import Any, Self

from support.status.events.sse import SseClient

from headway.declared.pipeline import Pipeline


class Watcher:
    """Follows a stream in a thread of its own and keeps each job's history in order.

    It begins when *begin* turns true: a job nobody knows yet has no stream.
    """

    def __init__(self, url: str, *, begin: Callable[[], bool] = lambda: True) -> None:
        self._begin = begin
        self.client = SseClient(url)
        self.latest: dict[str, dict[str, Any]] = {}
        self.faults: list[str] = []
        self.events = 0
        self._ranks = {name: rank for rank, name in enumerate(Pipeline.load().statuses)}
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()
        self._thread.join(5)

    def completed(self) -> int:
        """Jobs whose last seen status is COMPLETED."""
        return sum(job["status"] == "COMPLETED" for job in list(self.latest.values()))

    def _follow(self) -> None:
        while not self._begin():
            time.sleep(0.05)
        for event in self.client:
            self.events += 1
            if event.event == "job":
                self._note(event.json())
            else:
                self.faults.append(f"{event.event}: {event.data}")

    def _note(self, job: dict[str, Any]) -> None:
        job_id = job["job_id"]
        before = self.latest.get(job_id)
        if before is not None and self._order(job) < self._order(before):
            self.faults.append(f"{job_id} went from {_told(before)} back to {_told(job)}")
        self.latest[job_id] = job

    def _order(self, job: dict[str, Any]) -> tuple[int, int, int]:
        return job["attempt"], self._ranks[job["status"]], job["progress"]


def _told(job: dict[str, Any]) -> str:
    return f"{job['status']} {job['progress']} %"
