"""The routes of commands about jobs."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway.admitting.idempotency import Admitted, key_in
from gateway.commanding.answering import answered, json_body, unhurried
from gateway.commanding.bulk import Bulk
from gateway.commanding.commander import Commander
from gateway.commanding.wish import read_bulk, read_wish
from headway.observing.health import Health
from headway.observing.metrics import COMMANDS
from headway.wire.commands import CANCEL, FORGET, RELEASE, REPROCESS, RETRY

#: What may be asked of one job, each at the path of its name.
KINDS: Final = (RETRY, CANCEL, RELEASE, REPROCESS, FORGET)
_OUTCOMES: Final = ("accepted", "replayed", "refused")
_FROM: Final = "from"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRoutes:
    """What the routes work with."""

    commander: Commander
    bulk: Bulk
    health: Health
    stages: tuple[str, ...]

    def routes(self) -> list[Route]:
        for kind, outcome in product(KINDS, _OUTCOMES):
            COMMANDS.labels(kind, outcome)  # counted from 0 on, as submissions are
        of_one = [
            Route(f"/jobs/{{job_id}}/{kind}", self._endpoint(kind), methods=["POST"])
            for kind in KINDS
        ]
        return [Route("/jobs/retry", self.retry_many, methods=["POST"]), *of_one]

    async def retry_many(self, request: Request) -> Response:
        return await answered(RETRY, lambda: self._many(request))

    def _endpoint(self, kind: str) -> Callable[[Request], Awaitable[Response]]:
        async def command(request: Request) -> Response:
            return await answered(kind, partial(self._one, request, kind))

        return command

    async def _one(self, request: Request, kind: str) -> Response:
        key = key_in(request.headers, required=False)
        wish = read_wish(
            kind,
            request.path_params["job_id"],
            await json_body(request, self.health),
            self.stages,
            from_stage=request.query_params.get(_FROM),
        )
        return _accepted(kind, await unhurried(self.commander.command(wish, key)))

    async def _many(self, request: Request) -> Response:
        wish = read_bulk(await json_body(request, self.health), self.stages)
        answer = await unhurried(self.bulk.page(wish))
        COMMANDS.labels(RETRY, "accepted").inc(answer["commanded"])
        return JSONResponse(answer, 200 if wish.dry_run else 202)


def _accepted(kind: str, admitted: Admitted) -> Response:
    COMMANDS.labels(kind, "replayed" if admitted.replayed else "accepted").inc()
    headers = {"Location": admitted.answer["links"]["job"]}
    if admitted.replayed:
        headers["Idempotency-Replayed"] = "true"
    return JSONResponse(admitted.answer, 202, headers)
