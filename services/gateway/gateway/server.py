"""The gateway as a service: everything put together (`headway.serving.service`).

Order of the end: the port closes; open requests end, for at most DRAIN_SECONDS, and those that have
not are answered as they are; the watch stops; what was produced is flushed, for at most
PUBLISH_TIMEOUT_SECONDS; exit. What is not over EXIT_SECONDS later is left (`serving.signals`).
"""

import functools
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from uuid import uuid4

from gateway.admitting.admission import Admission
from gateway.admitting.idempotency import Claims
from gateway.admitting.publisher import KafkaPublisher
from gateway.app import Gateway
from gateway.commanding.bulk import Bulk
from gateway.commanding.commander import Commander
from gateway.commanding.routes import CommandRoutes
from gateway.commanding.statusservice import HttpStatusService, NoStatusService, StatusService
from gateway.expecting.asking import Asking
from gateway.expecting.forecast import Forecast
from gateway.receiving.receiver import Limits
from gateway.scheduling.asker import Asker
from gateway.scheduling.routes import ScheduleRoutes
from gateway.settings import GatewaySettings
from gateway.tracing import Traced
from gateway.watch import Watch
from headway.base.clock import SystemClock
from headway.declared.catalog import Catalog
from headway.declared.pipeline import Pipeline
from headway.edges import kafka
from headway.edges.objectstore import ObjectStore
from headway.observing.health import Health
from headway.serving.flood import bound_floods
from headway.serving.service import Service
from headway.serving.site import Site
from headway.tracing.spans import Spans
from headway.tracing.switch import traced
from headway.wire.codec import Codec
from headway.wire.commands import CommandRecords

logger = logging.getLogger(__name__)

SUBMITTED: Final = "jobs.submitted"


@contextmanager
def opened(settings: GatewaySettings) -> Iterator[Site]:
    """The site, with the watch and the producer that it needs.

    Raises:
        SettingsError: a setting does not fit.
    """
    options = kafka.client_options(settings)
    catalog = Catalog.of(settings)
    topic = catalog[SUBMITTED].name
    health = Health(component="gateway")
    connect = functools.partial(
        kafka.producer,
        options,
        delivery_timeout_ms=settings.publish_timeout_seconds * 1000,
    )
    patience = settings.publish_timeout_seconds
    how: dict[str, Any] = {"topic": topic, "health": health, "flush_seconds": patience}
    with (
        traced("gateway", settings) as spans,
        KafkaPublisher(connect, spans=spans, **how) as publisher,
    ):
        forecast = Forecast(settings.most_waiting_seconds)
        site = _site(settings, _gateway(settings, publisher, catalog, health, forecast), spans)
        address = {"host": settings.http_host, "port": settings.http_port, "topic": topic}
        logger.info("gateway.starting", extra=address)
        watch = Watch(options, catalog, health, on_misfit=site.fail)
        with watch, Asking(settings.status_api_url, forecast):
            yield site


def _gateway(
    settings: GatewaySettings,
    publisher: KafkaPublisher,
    catalog: Catalog,
    health: Health,
    forecast: Forecast,
) -> Gateway:
    store, codec = ObjectStore.open(settings.object_store_url), Codec()
    claims = Claims(store, clock=SystemClock(), claim_seconds=settings.claim_seconds)
    admission = Admission(
        publisher=publisher,
        store=store,
        codec=codec,
        claims=claims,
        new_id=_new_id,
        partitions=catalog[SUBMITTED].partitions,
        inline_limit_bytes=settings.inline_limit_bytes,
        status_url=settings.status_url,
    )
    return Gateway(
        admission=admission,
        commands=_commands(settings, publisher, catalog, claims, CommandRecords(codec), health),
        schedules=_schedules(settings, publisher, catalog, claims, codec, health),
        health=health,
        limits=Limits.of(
            max_upload_bytes=settings.max_upload_bytes,
            max_json_bytes=settings.max_json_bytes,
            max_open_uploads=settings.max_open_uploads,
            max_spooled_bytes=settings.max_spooled_bytes,
            body_seconds=settings.upload_seconds,
        ),
        forecast=forecast,
        require_idempotency_key=settings.require_idempotency_key,
        origins=settings.origins,
        hosts=settings.hosts,
    )


def _commands(
    settings: GatewaySettings,
    publisher: KafkaPublisher,
    catalog: Catalog,
    claims: Claims,
    records: CommandRecords,
    health: Health,
) -> CommandRoutes:
    pipeline, status = Pipeline.load(), _status(settings)
    writing = publisher.into(catalog[pipeline.commands].name)
    commander = Commander(
        publisher=writing,
        status=status,
        claims=claims,
        records=records,
        new_id=_new_id,
        failed=pipeline.failed,
        scheduled=pipeline.scheduled,
        status_url=settings.status_url,
    )
    return CommandRoutes(
        commander=commander,
        bulk=Bulk(publisher=writing, status=status, records=records, failed=pipeline.failed),
        health=health,
        stages=tuple(stage.name for stage in pipeline.stages),
    )


def _schedules(
    settings: GatewaySettings,
    publisher: KafkaPublisher,
    catalog: Catalog,
    claims: Claims,
    codec: Codec,
    health: Health,
) -> ScheduleRoutes:
    topic = catalog[Pipeline.load().schedule_commands]
    asker = Asker(
        publisher=publisher.into(topic.name),
        status=_status(settings),
        claims=claims,
        codec=codec,
        clock=SystemClock(),
        new_id=_new_id,
        partitions=topic.partitions,
        status_url=settings.status_url,
    )
    return ScheduleRoutes(asker=asker, health=health)


def _status(settings: GatewaySettings) -> StatusService:
    url = settings.status_api_url
    return HttpStatusService(url) if url else NoStatusService()


def _new_id() -> str:
    return str(uuid4())


def _site(settings: GatewaySettings, gateway: Gateway, spans: Spans | None) -> Site:
    bound_floods(
        "gateway.app",
        "gateway.commanding.answering",
        "gateway.receiving.form",
        "python_multipart.multipart",
    )
    app = gateway.app()
    return Site(
        app if spans is None else Traced(app, spans),
        name="gateway",
        settings=settings,
        most_connections=settings.max_connections,
        files=settings.max_open_uploads,
        drain_seconds=settings.drain_seconds,
        after_seconds=settings.publish_timeout_seconds,
    )


SERVICE: Final = Service(name="gateway", settings=GatewaySettings, opened=opened)
