"""The routes of commands, and how each end of one is answered."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import product
from typing import Final, TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway.admitting.idempotency import Admitted, key_in
from gateway.admitting.publisher import NotTaken, OutcomeUnknown, RecordTooLarge
from gateway.commanding.bulk import Bulk
from gateway.commanding.commander import Commander
from gateway.commanding.wish import read_bulk, read_wish
from gateway.receiving.body import Bound, bounded
from gateway.receiving.refusals import Kind, Refusal
from headway.base.errors import StoreUnavailable
from headway.observing.health import Health
from headway.observing.metrics import COMMANDS
from headway.wire.commands import CANCEL, RETRY

logger = logging.getLogger(__name__)

_T = TypeVar("_T")

_OUTCOMES: Final = ("accepted", "replayed", "refused")
#: A thousand job_ids, and room.
_MOST_BYTES: Final = 256 * 1024
_BODY_SECONDS: Final = 30.0
_JSON: Final = "application/json"
_RETRY_AFTER: Final = {"Retry-After": "5"}
_NOT_TAKEN: Final = "Nothing was commanded; send the same request again later."
_UNKNOWN: Final = (
    "The command may or may not have been taken. Sending it again with the same attempt, or with "
    "the same Idempotency-Key, is safe: equal commands are one."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRoutes:
    """What the routes work with."""

    commander: Commander
    bulk: Bulk
    health: Health
    stages: tuple[str, ...]

    def routes(self) -> list[Route]:
        for kind, outcome in product((RETRY, CANCEL), _OUTCOMES):
            COMMANDS.labels(kind, outcome)  # counted from 0 on, as submissions are
        return [
            Route("/jobs/retry", self.retry_many, methods=["POST"]),
            Route("/jobs/{job_id}/retry", self.retry, methods=["POST"]),
            Route("/jobs/{job_id}/cancel", self.cancel, methods=["POST"]),
        ]

    async def retry(self, request: Request) -> Response:
        return await _answered(RETRY, lambda: self._one(request, RETRY))

    async def cancel(self, request: Request) -> Response:
        return await _answered(CANCEL, lambda: self._one(request, CANCEL))

    async def retry_many(self, request: Request) -> Response:
        return await _answered(RETRY, lambda: self._many(request))

    async def _one(self, request: Request, kind: str) -> Response:
        key = key_in(request.headers, required=False)
        wish = read_wish(
            kind, request.path_params["job_id"], await self._body(request), self.stages
        )
        return _accepted(kind, await _unhurried(self.commander.command(wish, key)))

    async def _many(self, request: Request) -> Response:
        wish = read_bulk(await self._body(request), self.stages)
        answer = await _unhurried(self.bulk.page(wish))
        COMMANDS.labels(RETRY, "accepted").inc(answer["commanded"])
        return JSONResponse(answer, 200 if wish.dry_run else 202)

    async def _body(self, request: Request) -> bytes:
        if not self.health.ready:
            # Refused before the body is read: it could not be taken.
            raise NotTaken(self.health.reason)
        bound = Bound(_MOST_BYTES, seconds=_BODY_SECONDS)
        body = b"".join([chunk async for chunk in bounded(request, bound)])
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if body and media_type != _JSON:
            detail = f"Content-Type is {media_type!r}; send {_JSON}, or no body."
            raise Refusal(Kind.MEDIA_TYPE_UNSUPPORTED, detail, headers={"Accept-Post": _JSON})
        return body


async def _unhurried(work: Awaitable[_T]) -> _T:
    try:
        return await work
    except asyncio.CancelledError as error:
        # Only a server that ends does this; an answer is better than a cut connection.
        raise OutcomeUnknown("The gateway is ending") from error


async def _answered(kind: str, work: Callable[[], Awaitable[Response]]) -> Response:
    try:
        return await work()
    except Refusal as refusal:
        return _refused(kind, refusal)
    except (NotTaken, StoreUnavailable, RecordTooLarge) as error:
        detail = f"{error}. {_NOT_TAKEN}"
        return _refused(kind, Refusal(Kind.NOT_TAKEN, detail, headers=_RETRY_AFTER))
    except OutcomeUnknown as error:
        detail = f"{error}. {_UNKNOWN}"
        return _refused(kind, Refusal(Kind.OUTCOME_UNKNOWN, detail, headers=_RETRY_AFTER))
    except ClientDisconnect:
        return Response(status_code=Kind.BODY_MALFORMED.status)  # nobody reads it


def _accepted(kind: str, admitted: Admitted) -> Response:
    COMMANDS.labels(kind, "replayed" if admitted.replayed else "accepted").inc()
    headers = {"Location": admitted.answer["links"]["job"]}
    if admitted.replayed:
        headers["Idempotency-Replayed"] = "true"
    return JSONResponse(admitted.answer, 202, headers)


def _refused(kind: str, refusal: Refusal) -> Response:
    COMMANDS.labels(kind, "refused").inc()
    extra = {"command": kind, "kind": refusal.kind.name.lower(), "detail": refusal.detail}
    logger.info("command.refused", extra=extra)
    return refusal.answer()
