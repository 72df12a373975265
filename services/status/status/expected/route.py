"""The route that tells what a job would have before it that was submitted now."""

from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from status.answers.tablereads import TableReads
from status.answers.views import to_json
from status.expected.expectations import Expectations, rounded, shown
from status.expected.outlook import Expected

#: So many jobs more show how much longer each of them makes it.
_MORE: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedRoutes:
    reads: TableReads
    expectations: Expectations

    def routes(self) -> list[Route]:
        return [Route("/expected", self.now)]

    async def now(self, request: Request) -> Response:
        await self.reads.wait(request)
        outlook, now_ms = self.expectations.now, self.expectations.clock.now_ms()
        one, other = outlook.of_next(now_ms), outlook.of_next(now_ms, _MORE)
        told = {
            **shown(one),
            "waiting_seconds": rounded(_waiting(one, outlook.runs_alone())),
            "seconds_a_job": _each(one, other),
        }
        headers = {"Cache-Control": "no-store"}
        return Response(to_json(told), media_type="application/json", headers=headers)


def _waiting(one: Expected, runs: float | None) -> float | None:
    """What of the time to its end a job waits in lines."""
    return None if one.seconds is None or runs is None else max(one.seconds - runs, 0.0)


def _each(one: Expected, other: Expected) -> float | None:
    """How much later a job ends for each one more that is before it."""
    if one.seconds is None or other.seconds is None:
        return None
    return (other.seconds - one.seconds) / _MORE
