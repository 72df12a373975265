"""The routes of dead letters and of commands, as the stub of the services answers them."""

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dashboard.letters.mailroom import Command, Mailroom

_PREFLIGHT: Final = {
    "access-control-allow-methods": "POST",
    "access-control-allow-headers": "content-type, idempotency-key",
}
_JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class Desk:
    """Answers from a mailroom."""

    mailroom: Mailroom

    def routes(self) -> list[Route]:
        posts = {
            "/jobs/retry": self._retry_many,
            "/jobs/{job_id}/{kind}": self._command,
        }
        return [
            Route("/dead-letters", self._list),
            Route("/dead-letters/summary", self._summary),
            Route("/dead-letters/{topic}/{partition:int}/{offset:int}", self._open),
            *(Route(path, _cors(do), methods=["POST", "OPTIONS"]) for path, do in posts.items()),
        ]

    async def _list(self, request: Request) -> Response:
        params = dict(request.query_params)
        limit = int(params.pop("limit", "50"))
        return JSONResponse(self.mailroom.page(params, limit, params.pop("cursor", None)))

    async def _summary(self, _request: Request) -> Response:
        return JSONResponse(self.mailroom.summary())

    async def _open(self, request: Request) -> Response:
        place = request.path_params
        letter = self.mailroom.open(place["topic"], place["offset"])
        if letter is None:
            body = {"title": "Unknown dead letter", "detail": "Nothing lies there."}
            return JSONResponse(body, 404, media_type="application/problem+json")
        return JSONResponse(letter)

    async def _retry_many(self, request: Request) -> Response:
        wish = await request.json()
        return JSONResponse(self.mailroom.retry_many(wish), 200 if wish["dry_run"] else 202)

    async def _command(self, request: Request) -> Response:
        wish = await request.json()
        path = request.path_params
        key = request.headers.get("idempotency-key") or str(uuid.uuid4())
        stage = wish.get("stage", "")
        command = Command(path["kind"], path["job_id"], wish["attempt"], stage, key)
        return JSONResponse(self.mailroom.command(command), 202)


Endpoint = Callable[[Request], Awaitable[Response]]


def _cors(endpoint: Endpoint) -> Endpoint:
    """A page of another origin may post JSON, once it has asked."""

    async def answer(request: Request) -> Response:
        origin = {"access-control-allow-origin": request.headers.get("origin", "*")}
        if request.method == "OPTIONS":
            return Response(headers=origin | _PREFLIGHT)
        assert request.headers["content-type"] == _JSON
        response = await endpoint(request)
        response.headers.update(origin)
        return response

    return answer
