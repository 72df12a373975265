"""How a request that asks for something is read, and how each end of it is answered."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from gateway.admitting.publisher import NotTaken, OutcomeUnknown, RecordTooLarge
from gateway.receiving.body import Bound, bounded
from gateway.receiving.refusals import Kind, Refusal
from headway.base.errors import StoreUnavailable
from headway.observing.health import Health
from headway.observing.metrics import COMMANDS

logger = logging.getLogger(__name__)

_T = TypeVar("_T")

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


async def json_body(request: Request, health: Health) -> bytes:
    """The body of *request*, which may be empty.

    Raises:
        NotTaken: nothing could be taken just now.
        Refusal: it is no JSON by its media type, or too large.
    """
    if not health.ready:
        # Refused before the body is read: it could not be taken.
        raise NotTaken(health.reason)
    bound = Bound(_MOST_BYTES, seconds=_BODY_SECONDS)
    body = b"".join([chunk async for chunk in bounded(request, bound)])
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if body and media_type != _JSON:
        detail = f"Content-Type is {media_type!r}; send {_JSON}, or no body."
        raise Refusal(Kind.MEDIA_TYPE_UNSUPPORTED, detail, headers={"Accept-Post": _JSON})
    return body


async def unhurried(work: Awaitable[_T]) -> _T:
    """What *work* gives; where the server ends meanwhile, that its outcome is unknown."""
    try:
        return await work
    except asyncio.CancelledError as error:
        # Only a server that ends does this; an answer is better than a cut connection.
        raise OutcomeUnknown("The gateway is ending") from error


async def answered(kind: str, work: Callable[[], Awaitable[Response]]) -> Response:
    """The answer of *work*, or the problem that it ended with; counted by *kind*."""
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


def _refused(kind: str, refusal: Refusal) -> Response:
    COMMANDS.labels(kind, "refused").inc()
    extra = {"command": kind, "kind": refusal.kind.name.lower(), "detail": refusal.detail}
    logger.info("command.refused", extra=extra)
    return refusal.answer()
