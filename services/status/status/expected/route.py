"""The route that tells what a job would have before it that was submitted now."""

from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from status.answers.tablereads import TableReads
from status.answers.views import to_json
from status.expected.expectations import Expectations, rounded, shown
from status.expected.outlook import Outlook

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
        outlook = self.expectations.now
        told = {
            **shown(outlook.of_next()),
            "waiting_seconds": rounded(_waiting(outlook)),
            "seconds_a_job": _each(outlook),
        }
        headers = {"Cache-Control": "no-store"}
        return Response(to_json(told), media_type="application/json", headers=headers)


def _waiting(outlook: Outlook) -> float | None:
    """What of the time to its end the job would wait in lines."""
    seconds, runs = outlook.of_next().seconds, outlook.runs_alone()
    return None if seconds is None or runs is None else max(seconds - runs, 0.0)


def _each(outlook: Outlook) -> float | None:
    """How much later a job ends for each one more that is before it."""
    one, other = outlook.of_next().seconds, outlook.of_next(_MORE).seconds
    return None if one is None or other is None else (other - one) / _MORE
