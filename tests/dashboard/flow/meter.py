"""How the stages stand and what they did, as the stub of the services answers it."""

import math
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

_LABELS = {"p1": "Process 1", "p2": "Process 2"}


def stage(name: str, **more: Any) -> dict[str, Any]:
    """A stage that is idle, but for *more*."""
    return {
        "name": name,
        "label": _LABELS[name],
        "waiting": 0,
        "oldest_waiting_seconds": 0.0,
        "running": 0,
        "retries_pending": 0,
        "retry_overdue_seconds": 0.0,
        "dead_letters": 0,
        "done_per_second": 0.0,
        "pauses": [],
        **more,
    }


def window(name: str, at: float, **more: Any) -> dict[str, Any]:
    """A window of ten seconds that begins at *at* (s), in which nothing happened but *more*."""
    start = datetime.fromtimestamp(at // 10 * 10, UTC).isoformat(timespec="milliseconds")
    return {
        "stage": name,
        "start": start.replace("+00:00", "Z"),
        "over": True,
        "ended": 0,
        "ended_per_second": 0.0,
        "outcomes": {},
        "errors": {},
        "stage_seconds": None,
        "job_seconds": None,
        "waiting": 0,
        "running": 0,
        "oldest_running_seconds": None,
        "paused": {},
        "instances": 1,
        **more,
    }


@dataclass
class Meter:
    """Idle stages without a past, until a test says otherwise."""

    stages: list[dict[str, Any]] = field(default_factory=lambda: [stage("p1"), stage("p2")])
    jobs: dict[str, int] = field(default_factory=dict)
    windows: list[dict[str, Any]] = field(default_factory=list)

    def routes(self) -> list[Route]:
        return [Route("/pipeline", self._pipeline), Route("/statistics", self._statistics)]

    def fill(self) -> None:
        """A stage at work, one that waits for its store, and an hour with waves."""
        away = {"stage": "p2", "instance": "p2-0", "reason": "breaker:object store"}
        pause = {**away, "since": "2026-11-28T12:03:00Z", "partitions": 6}
        self.stages = [
            stage("p1", waiting=1204, oldest_waiting_seconds=41.0, running=8, done_per_second=31.4),
            stage("p2", waiting=12, retries_pending=3, dead_letters=7, pauses=[pause]),
        ]
        self.jobs = {"COMPLETED": 48_213}
        now = time.time()
        self.windows = [
            _waving(name, now - ago, number, ago)
            for number, name in enumerate(_LABELS)
            for ago in range(3600, 0, -10)
            if not 1200 < ago < 1500  # nobody summed
        ]

    async def _pipeline(self, _request: Request) -> Response:
        return JSONResponse({"stages": self.stages, "jobs": self.jobs, "position": "e:0"})

    async def _statistics(self, request: Request) -> Response:
        seconds = int(request.query_params["resolution"])
        shown = self.windows if seconds == 10 else []
        return JSONResponse({"resolution_seconds": seconds, "windows": shown})


def _waving(name: str, at: float, number: int, ago: int) -> dict[str, Any]:
    wave = 1 + math.sin(ago / 300 + number)
    times = {"p50": 0.02 * (1 + wave), "p95": 0.09 * (1 + wave), "p99": 0.4}
    errors = {"BadFile": ago % 3} if number == 0 else {"StoreUnavailable": ago % 50 // 40}
    return window(
        name,
        at,
        ended_per_second=20 * wave,
        errors={error: count for error, count in errors.items() if count},
        stage_seconds=times,
        job_seconds={share: 2 * value for share, value in times.items()} if number else None,
        waiting=round(600 * wave),
    )
