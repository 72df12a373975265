"""The gateway's routes: one to submit, three to command, three to be asked how it is."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from gateway.admitting.admission import Admission
from gateway.admitting.idempotency import HEADER, Admitted, key_in
from gateway.admitting.publisher import NotTaken, OutcomeUnknown, RecordTooLarge
from gateway.commanding.routes import CommandRoutes
from gateway.expecting.forecast import Forecast
from gateway.receiving.linger import Linger
from gateway.receiving.receiver import Limits, receive
from gateway.receiving.refusals import Kind, Refusal
from gateway.scheduling.routes import ScheduleRoutes
from headway.base.errors import StoreUnavailable
from headway.observing.health import Health
from headway.observing.metrics import SUBMISSIONS
from headway.serving.healthroutes import health_routes
from headway.serving.problem import problem
from headway.serving.trust import Trust

logger = logging.getLogger(__name__)

_OUTCOMES = ("accepted", "replayed", "refused")
_RETRY = {"Retry-After": "5"}
_NOT_TAKEN = "The job was not taken; send the same request again later."
_HINT = (
    "; submit files by POST /generate-file, ask for something of a job by POST "
    "/jobs/{id}/retry|cancel|release|reprocess|forget"
)
_TOO_LARGE = "Repeating it does not help; its operator has to let Kafka take larger records."
_UNKNOWN = (
    f"The job may or may not have been taken. Repeating the request with the same {HEADER} is "
    f"safe: it cannot become two jobs. Without {HEADER} it may."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """What the routes work with."""

    admission: Admission
    commands: CommandRoutes
    schedules: ScheduleRoutes
    health: Health
    limits: Limits
    forecast: Forecast = field(default_factory=Forecast)
    require_idempotency_key: bool = False
    origins: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()

    def app(self) -> ASGIApp:
        for outcome in _OUTCOMES:
            SUBMISSIONS.labels(outcome)  # counted from 0 on: a rate needs a sample before the first
        cors = Middleware(
            CORSMiddleware,
            allow_origins=self.origins,
            allow_methods=["POST"],
            # Beyond these a page of another origin can send and read only what every page may.
            allow_headers=["Content-Type", HEADER],
            expose_headers=["Location", "Idempotency-Replayed", "Retry-After"],
        )
        routes = [
            Route("/generate-file", self.submit, methods=["POST"]),
            *self.commands.routes(),
            *self.schedules.routes(),
            *health_routes(self.health),
        ]
        handlers = {HTTPException: _http_problem, Exception: _unexpected_problem}
        app = Starlette(routes=routes, middleware=[cors], exception_handlers=handlers)
        trusted = Trust(app, hosts=self.hosts, origins=self.origins)
        # Twice: a file somewhat too large is read to its end, so every client sees the answer.
        return Linger(trusted, most_bytes=2 * self.limits.max_upload_bytes)

    async def submit(self, request: Request) -> Response:
        try:
            admitted = await self._admitted(request)
        except Refusal as refusal:
            return _refused(refusal)
        except (NotTaken, StoreUnavailable) as error:
            return _refused(Refusal(Kind.NOT_TAKEN, f"{error}. {_NOT_TAKEN}", headers=_RETRY))
        except OutcomeUnknown as error:
            return _refused(Refusal(Kind.OUTCOME_UNKNOWN, f"{error}. {_UNKNOWN}", headers=_RETRY))
        except RecordTooLarge as error:
            return _refused(Refusal(Kind.RECORD_TOO_LARGE, f"{error}. {_TOO_LARGE}"))
        except ClientDisconnect:
            logger.debug("submission.abandoned")
            return Response(status_code=Kind.BODY_MALFORMED.status)  # nobody reads it
        return _accepted(admitted, {} if admitted.replayed else self.forecast.admitted())

    async def _admitted(self, request: Request) -> Admitted:
        key = key_in(request.headers, required=self.require_idempotency_key)
        if not self.health.ready:
            # Refused before the body is read: it could not be taken, nor checked for what it is.
            raise NotTaken(self.health.reason)
        self.forecast.check()
        async with receive(request, self.limits) as submission:
            try:
                return await self.admission.admit(submission, key)
            except asyncio.CancelledError as error:
                # Only a server that ends does this; an answer is better than a cut connection.
                raise OutcomeUnknown("The gateway is ending") from error


def _accepted(admitted: Admitted, expected: Mapping[str, Any]) -> Response:
    answer = {**admitted.answer, **expected}
    outcome = "replayed" if admitted.replayed else "accepted"
    SUBMISSIONS.labels(outcome).inc()
    logger.debug("submission.answered", extra={"job_id": answer["job_id"], "outcome": outcome})
    headers = {"Location": answer["links"]["job"]}
    if admitted.replayed:
        headers["Idempotency-Replayed"] = "true"
    return JSONResponse(answer, 202, headers)


def _refused(refusal: Refusal) -> Response:
    SUBMISSIONS.labels("refused").inc()
    extra = {"kind": refusal.kind.name.lower(), "detail": refusal.detail}
    logger.info("submission.refused", extra=extra)
    return refusal.answer()


async def _http_problem(request: Request, error: Exception) -> Response:
    """404 and 405, in the same form as every other error."""
    if not isinstance(error, HTTPException):
        raise error
    allowed = (error.headers or {}).get("Allow", "")
    hint = f"; allowed: {allowed}" if allowed else _HINT
    detail = f"{request.method} {request.url.path} is not served{hint}."
    return problem(error.status_code, error.detail, detail, headers=error.headers)


async def _unexpected_problem(_request: Request, _error: Exception) -> Response:
    """The server logs the error itself."""
    # It may have come behind the publication: whether the job was taken is unknown.
    detail = f"An error of ours, which is logged. {_UNKNOWN}"
    return problem(500, "Internal Server Error", detail)
