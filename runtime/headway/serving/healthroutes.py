"""Health as routes of an application that serves more."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from headway.observing.health import HEALTH_PATHS, Health


def health_routes(health: Health) -> list[BaseRoute]:
    """A route for each question about health."""

    # On the event loop: an answer waits for no thread of a pool that others may keep busy.
    async def ask(request: Request) -> Response:
        answer = health.answer(request.url.path)
        if answer is None:
            raise HTTPException(404)
        status, media_type, body = answer
        return Response(body, status, media_type=media_type)

    return [Route(path, ask) for path in HEALTH_PATHS]
