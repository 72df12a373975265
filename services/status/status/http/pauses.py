"""The route that tells what pauses the stages."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from status.answers.views import to_json
from status.pauses.board import Pause, shown


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseRoutes:
    """*standing* is what was told last."""

    standing: Callable[[], tuple[Pause, ...]]

    def routes(self) -> list[Route]:
        return [Route("/pauses", self.now)]

    async def now(self, _request: Request) -> Response:
        headers = {"Cache-Control": "no-store"}
        body = to_json(shown(self.standing()))
        return Response(body, media_type="application/json", headers=headers)
