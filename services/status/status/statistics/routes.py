"""The route that tells what the stages did in windows of time."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from anyio import to_thread
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from headway.base.clock import Clock
from headway.serving.problem import Fault
from status.answers.refusal import Refusal
from status.answers.views import JsonObject, to_json
from status.statistics.board import Board
from status.statistics.view import window

#: By their seconds, for how long windows are kept; ms.
_KEPT_MS: Final = {"10": 3600 * 1000, "300": 7 * 24 * 3600 * 1000}
_MS: Final = re.compile(r"[0-9]{1,15}")


@dataclass(frozen=True, slots=True, kw_only=True)
class StatisticsRoutes:
    board: Board
    stages: Collection[str]
    clock: Clock

    def routes(self) -> list[Route]:
        return [Route("/statistics", self.windows)]

    async def windows(self, request: Request) -> Response:
        seconds, stage, since = self._asked(request.query_params)
        told = await to_thread.run_sync(self._told, seconds, stage, since)
        headers = {"Cache-Control": "no-store"}
        return Response(to_json(told), media_type="application/json", headers=headers)

    def _told(self, seconds: str, stage: str | None, since: int) -> JsonObject:
        now_ms = self.clock.now_ms()
        found = self.board.since(max(since, now_ms - _KEPT_MS[seconds]), int(seconds) * 1000, stage)
        return {
            "resolution_seconds": int(seconds),
            "windows": [window(value, now_ms) for value in found],
        }

    def _asked(self, params: QueryParams) -> tuple[str, str | None, int]:
        """The length of windows, the stage, and since when.

        Raises:
            Refusal: names every parameter that does not fit.
        """
        seconds, stage = params.get("resolution", "10"), params.get("stage") or None
        since = params.get("since") or "0"
        faults = [
            Fault(name, f"{text[:40]!r} is {why}")
            for name, text, fits, why in (
                ("resolution", seconds, seconds in _KEPT_MS, "neither 10 nor 300 (seconds)"),
                ("stage", stage or "", stage is None or stage in self.stages, "no stage"),
                ("since", since, _MS.fullmatch(since), "no number of milliseconds since 1970"),
            )
            if not fits
        ]
        if faults:
            raise Refusal.bad_request(*faults)
        return seconds, stage, int(since)
