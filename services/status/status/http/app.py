"""All routes in one application."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Route
from starlette.types import Lifespan

from headway.base.clock import Clock, SystemClock
from headway.declared.pipeline import Pipeline
from headway.edges.objectstore import ObjectStore
from headway.observing.health import Health
from headway.serving.healthroutes import health_routes
from status.answers.query import Table
from status.answers.refusal import (
    Refusal,
    answer_damaged,
    answer_http_error,
    answer_refusal,
    answer_unexpected,
)
from status.answers.tablereads import TableReads
from status.answers.views import Views
from status.events.approach import Approach
from status.events.expecting import Expecting
from status.events.feed import Feeds
from status.events.hub import Hub
from status.expected.expectations import Expectations
from status.expected.route import ExpectedRoutes
from status.http.eventroutes import EventRoutes
from status.http.files import FileRoutes
from status.http.jobs import JobRoutes
from status.http.letters import LetterRoutes, ReadAt
from status.http.page import PageRoutes
from status.http.pauses import PauseRoutes
from status.http.pipeline import PipelineRoutes
from status.http.schedules import ScheduleRoutes
from status.letters.letter import Letters
from status.letters.listing import Desk
from status.reading.horizon import Horizon
from status.schedules.notice import Notice
from status.settings import StatusSettings
from status.stages.rates import Rates
from status.statistics.board import Board
from status.statistics.routes import StatisticsRoutes
from status.table.damage import TableDamaged
from status.table.freshness import Freshness


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the routes work with."""

    settings: StatusSettings
    pipeline: Pipeline
    table: Table
    freshness: Freshness
    views: Views
    expectations: Expectations
    expecting: Expecting
    hub: Hub
    horizon: Horizon
    store: ObjectStore
    health: Health
    desk: Desk
    letters: Letters
    #: The dead-letter topics as the cluster calls them, by that and by their own names.
    letter_topics: Mapping[str, str]
    #: Reads one dead letter from Kafka.
    read_at: ReadAt
    #: What the stages did in windows of time.
    statistics: Board
    rates: Rates = field(default_factory=Rates)
    schedules: Notice = field(default_factory=Notice)
    clock: Clock = field(default_factory=SystemClock)
    #: Readers of events at once, where files allow fewer than the setting does.
    most_watchers: int | None = None


def make_app(parts: Parts, lifespan: Lifespan[Starlette] | None = None) -> Starlette:
    """The service's whole HTTP side."""
    reads = TableReads(table=parts.table, freshness=parts.freshness, horizon=parts.horizon)
    approach = Approach(freshness=parts.freshness, horizon=parts.horizon)
    jobs = JobRoutes(reads=reads, views=parts.views, statuses=parts.pipeline.statuses)
    events = EventRoutes(
        reads=reads,
        feeds=Feeds(reads=reads, approach=approach, views=parts.views),
        hub=parts.hub,
        most_clients=parts.most_watchers or parts.settings.sse_clients,
    )
    files = FileRoutes(reads=reads, views=parts.views, store=parts.store)
    letters = LetterRoutes(
        reads=reads,
        desk=parts.desk,
        letters=parts.letters,
        topics=parts.letter_topics,
        read_at=parts.read_at,
    )
    return Starlette(
        routes=[
            *jobs.routes(),
            *events.routes(),
            *files.routes(),
            *letters.routes(),
            *_of_stages(parts, reads),
            *_page(parts).routes(),
            *health_routes(parts.health),
        ],
        exception_handlers={
            Refusal: answer_refusal,
            TableDamaged: answer_damaged,
            HTTPException: answer_http_error,
            Exception: answer_unexpected,
        },
        lifespan=lifespan,
    )


def _page(parts: Parts) -> PageRoutes:
    pipeline = parts.pipeline
    return PageRoutes(
        gateway_url=parts.settings.gateway_url,
        statuses=pipeline.statuses,
        stages=tuple(stage.name for stage in pipeline.stages),
    )


def _of_stages(parts: Parts, reads: TableReads) -> list[Route]:
    """How the stages stand, what pauses them, what they did, and what is to come."""
    pipeline = PipelineRoutes(
        reads=reads,
        pipeline=parts.pipeline,
        desk=parts.desk,
        rates=parts.rates,
        pauses=lambda: parts.hub.pauses,
        clock=parts.clock,
    )
    statistics = StatisticsRoutes(
        board=parts.statistics,
        stages=[stage.name for stage in parts.pipeline.stages],
        clock=parts.clock,
    )
    pauses = PauseRoutes(standing=lambda: parts.hub.pauses)
    schedules = ScheduleRoutes(notice=parts.schedules, clock=parts.clock)
    expected = ExpectedRoutes(reads=reads, expectations=parts.expectations)
    every = (pauses, schedules, pipeline, statistics, expected)
    return [route for routes in every for route in routes.routes()]
