"""The schedules a test puts on the page, and what the page asks of them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dashboard.board import JobDict, iso


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked of a rule, under which key."""

    rule: str
    verb: str
    key: str | None


@dataclass
class Planner:
    """Changed from the test's thread, read from the server's."""

    rules: dict[str, JobDict] = field(default_factory=dict)
    windows: list[JobDict] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)

    def rule(self, name: str, kind: str = "reprocess", **said: Any) -> None:
        """A rule as it stands from now on."""
        usual = {
            "rule": name,
            "kind": kind,
            "stage": "p2",
            "about": f"What {name} does, in a sentence.",
            "paused": False,
            "paused_by": "",
            "next_at": soon(3600),
            "last_at": soon(-7200),
            "pending": 0,
            "done": 0,
            "run": None,
            "updated_at": soon(0),
        }
        self.rules[name] = self.rules.get(name, usual) | said

    def run(self, name: str, *, matched: int, **said: Any) -> None:
        """A run of a rule, a quarter of the way unless it says otherwise."""
        usual = {
            "run_id": f"{name}/1",
            "started_at": soon(-5),
            "dry": False,
            "by": "gateway",
            "position": 100,
            "end": 400,
            "matched": matched,
            "sent": 0,
            "finished_at": None,
        }
        self.rule(name, run=usual | said)

    def window(self, stage: str, **said: Any) -> None:
        """The window of a stage as it stands from now on."""
        usual = {
            "stage": stage,
            "open": False,
            "until": None,
            "next_at": None,
            "by": "",
            "at": soon(0),
            "lanes": 6,
            "lanes_open": 0,
        }
        self.windows = [window for window in self.windows if window["stage"] != stage]
        self.windows.append(usual | said)

    def routes(self) -> list[Route]:
        return [
            Route("/schedules", self._list),
            Route("/schedules/{rule}/{verb}", self._ask, methods=["POST"]),
        ]

    async def _list(self, _request: Request) -> Response:
        rules = [self.rules[name] for name in sorted(self.rules)]
        return JSONResponse({"rules": rules, "windows": self.windows})

    async def _ask(self, request: Request) -> Response:
        path = request.path_params
        key = request.headers.get("idempotency-key")
        self.asked.append(Asked(path["rule"], path["verb"], key))
        receipt = {"command_id": key, "rule": path["rule"], "kind": path["verb"], "links": {}}
        return JSONResponse(receipt, 202)


def soon(seconds: float) -> str:
    """In so many seconds, as the API has it."""
    return iso(datetime.now(UTC) + timedelta(seconds=seconds))
