"""The process: everything put together, served until SIGTERM, ended in order.

Order of the end: the port closes; open requests end, for at most DRAIN_SECONDS; the watch stops;
what was produced is flushed, for at most PUBLISH_TIMEOUT_SECONDS; exit.
"""

import functools
import logging
import signal
from typing import Final
from uuid import uuid4

import uvicorn

from gateway.admission import Admission
from gateway.app import Gateway
from gateway.idempotency import Claims
from gateway.intake import Limits
from gateway.publisher import KafkaPublisher, Publisher
from gateway.settings import GatewaySettings
from gateway.watch import Watch
from headway import kafka
from headway.catalog import Catalog
from headway.clock import SystemClock
from headway.codec import Codec
from headway.health import Health
from headway.objectstore import ObjectStore

logger = logging.getLogger(__name__)

SUBMITTED: Final = "jobs.submitted"


def serve(settings: GatewaySettings) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises:
        SettingsError: a setting does not fit, or (TopologyError) the cluster's topics do not.
    """
    options = kafka.client_options(settings)
    catalog = Catalog.load(settings.topic_prefix)
    topic = catalog[SUBMITTED].name
    health = Health()
    connect = functools.partial(
        kafka.producer,
        options,
        delivery_timeout_ms=settings.publish_timeout_seconds * 1000,
    )
    with KafkaPublisher(connect, topic=topic, health=health) as publisher:
        server = _server(settings, _gateway(settings, publisher, health))
        stop = functools.partial(setattr, server, "should_exit", True)  # noqa: FBT003 - its value
        address = {"host": settings.http_host, "port": settings.http_port, "topic": topic}
        logger.info("gateway.starting", extra=address)
        with Watch(options, catalog, topic, health, on_misfit=stop) as watch:
            server.run()
    logger.info("gateway.stopped")
    if watch.misfit is not None:
        raise watch.misfit


def _gateway(settings: GatewaySettings, publisher: Publisher, health: Health) -> Gateway:
    store = ObjectStore.open(settings.object_store_url)
    claims = Claims(store, clock=SystemClock(), claim_seconds=settings.claim_seconds)
    admission = Admission(
        publisher=publisher,
        store=store,
        codec=Codec(),
        claims=claims,
        new_job_id=lambda: str(uuid4()),
        inline_limit_bytes=settings.inline_limit_bytes,
        status_url=settings.status_url,
    )
    return Gateway(
        admission=admission,
        health=health,
        limits=Limits(settings.max_upload_bytes, settings.max_json_bytes),
        require_idempotency_key=settings.require_idempotency_key,
        origins=settings.origins,
    )


def _server(settings: GatewaySettings, gateway: Gateway) -> uvicorn.Server:
    config = uvicorn.Config(
        gateway.app(),
        host=settings.http_host,
        port=settings.http_port,
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=settings.drain_seconds,
    )
    server = uvicorn.Server(config)
    # uvicorn sets handlers of its own, and when it is done raises the signal again for those set
    # before; the default ones would end the process before the producer is flushed.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: setattr(server, "should_exit", True))
    return server
