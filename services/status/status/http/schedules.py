"""The route that tells how the schedules stand."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from headway.base.clock import Clock
from status.answers.refusal import Refusal
from status.answers.views import to_json
from status.schedules.notice import Notice
from status.schedules.view import schedules


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleRoutes:
    """*notice* has what was read last."""

    notice: Notice
    clock: Clock

    def routes(self) -> list[Route]:
        return [Route("/schedules", self.now)]

    async def now(self, _request: Request) -> Response:
        standing = self.notice.standing
        if standing is None:
            raise Refusal.too_early("The rules of the schedules are being read from Kafka.")
        body = to_json(schedules(standing, self.clock.now_ms()))
        headers = {"Cache-Control": "no-store"}
        return Response(body, media_type="application/json", headers=headers)
