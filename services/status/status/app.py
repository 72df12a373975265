"""All routes in one application."""

from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Lifespan

from headway.health import Health
from headway.objectstore import ObjectStore
from headway.pipeline import Pipeline
from status.approach import Approach
from status.asking import Asking
from status.damage import TableDamaged
from status.events import EventRoutes
from status.feed import Feeds
from status.files import FileRoutes
from status.horizon import Horizon
from status.hub import Hub
from status.jobs import JobRoutes
from status.page import PageRoutes
from status.query import Table
from status.refusal import (
    Refusal,
    answer_damaged,
    answer_http_error,
    answer_refusal,
    answer_unexpected,
)
from status.settings import StatusSettings
from status.tide import Tide
from status.views import Views


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the routes work with."""

    settings: StatusSettings
    pipeline: Pipeline
    table: Table
    tide: Tide
    views: Views
    hub: Hub
    horizon: Horizon
    store: ObjectStore
    health: Health
    #: Readers of events at once, where files allow fewer than the setting does.
    most_watchers: int | None = None


def make_app(parts: Parts, lifespan: Lifespan[Starlette] | None = None) -> Starlette:
    """The service's whole HTTP side."""
    asking = Asking(table=parts.table, tide=parts.tide, horizon=parts.horizon)
    approach = Approach(tide=parts.tide, horizon=parts.horizon)
    jobs = JobRoutes(asking=asking, views=parts.views, statuses=parts.pipeline.statuses)
    events = EventRoutes(
        asking=asking,
        feeds=Feeds(asking=asking, approach=approach, views=parts.views),
        hub=parts.hub,
        most_clients=parts.most_watchers or parts.settings.sse_clients,
    )
    files = FileRoutes(asking=asking, views=parts.views, store=parts.store)
    page = PageRoutes(gateway_url=parts.settings.gateway_url)

    async def ask_health(request: Request) -> Response:
        answer = parts.health.answer(request.url.path)
        if answer is None:
            raise HTTPException(404)
        status, media_type, body = answer
        return Response(body, status, media_type=media_type)

    health = [Route(path, ask_health) for path in ("/livez", "/readyz", "/metrics")]
    return Starlette(
        routes=[*jobs.routes(), *events.routes(), *files.routes(), *page.routes(), *health],
        exception_handlers={
            Refusal: answer_refusal,
            TableDamaged: answer_damaged,
            HTTPException: answer_http_error,
            Exception: answer_unexpected,
        },
        lifespan=lifespan,
    )
