"""The gateway in this process over memory, and as real processes on the real broker."""

import asyncio
import subprocess
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol

import httpx
import pytest
from confluent_kafka import Consumer, Message, TopicPartition
from support.clock import ManualClock
from support.gateway import process
from support.gateway.asking import command_routes, schedule_routes
from support.gateway.memory import FakePublisher
from support.gateway.status import FakeStatus
from support.waiting import DEADLINE_SECONDS

from gateway.admitting.admission import Admission
from gateway.admitting.idempotency import Claims
from gateway.admitting.publisher import Position
from gateway.app import Gateway
from gateway.commanding.routes import CommandRoutes
from gateway.receiving.receiver import Limits
from gateway.scheduling.routes import ScheduleRoutes
from headway.declared.catalog import Catalog
from headway.edges import kafka
from headway.edges.objectstore import ObjectStore
from headway.observing.health import Health
from headway.topics.provisioning import ensure_topics
from headway.wire.codec import Codec


class Cluster(Protocol):
    """What is used of the broker fixture."""

    @property
    def bootstrap_servers(self) -> str: ...


@pytest.fixture(scope="session")
def codec() -> Codec:
    return Codec()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def publisher() -> FakePublisher:
    return FakePublisher()


@pytest.fixture
def published(publisher: FakePublisher) -> list[tuple[str, bytes]]:
    """Key and value of every record written, in order."""
    return publisher.records


@pytest.fixture
def failures(publisher: FakePublisher) -> list[Exception]:
    """What the next publications raise."""
    return publisher.failures


@pytest.fixture
def store() -> ObjectStore:
    return ObjectStore.open("memory://")


@pytest.fixture
def health() -> Health:
    return Health(ready=True)


@pytest.fixture
def status() -> FakeStatus:
    """The status service that commands are completed by."""
    return FakeStatus()


@pytest.fixture
def commands(
    store: ObjectStore,
    publisher: FakePublisher,
    status: FakeStatus,
    clock: ManualClock,
    codec: Codec,
    health: Health,
) -> CommandRoutes:
    """The routes of commands, over memory."""
    return command_routes(store, publisher, status, clock, codec, health)


@pytest.fixture
def schedules(
    store: ObjectStore,
    publisher: FakePublisher,
    status: FakeStatus,
    clock: ManualClock,
    codec: Codec,
    health: Health,
) -> ScheduleRoutes:
    """The routes of schedules, over memory; there are three lanes."""
    return schedule_routes(store, publisher, status, clock, codec, health)


@pytest.fixture
def admission(
    store: ObjectStore, publisher: FakePublisher, clock: ManualClock, codec: Codec
) -> Admission:
    """Puts up to 1,000 bytes in the record."""
    return Admission(
        publisher=publisher,
        store=store,
        codec=codec,
        claims=Claims(store, clock=clock, claim_seconds=60),
        new_id=lambda: str(uuid.uuid4()),
        partitions=6,
        inline_limit_bytes=1000,
        status_url="",
    )


@pytest.fixture
def gateway(
    admission: Admission, commands: CommandRoutes, schedules: ScheduleRoutes, health: Health
) -> Gateway:
    """Takes forms of 2,000,000 bytes, and JSON of 10,000."""
    limits = Limits.of(
        max_upload_bytes=2_000_000,
        max_json_bytes=10_000,
        max_open_uploads=4,
        max_spooled_bytes=6_000_000,
    )
    return Gateway(
        admission=admission,
        commands=commands,
        schedules=schedules,
        health=health,
        limits=limits,
    )


@pytest.fixture
def ask(gateway: Gateway) -> Callable[..., httpx.Response]:
    """Sends one request to a gateway in this process: method, path, httpx's own arguments."""
    usual = gateway

    def ask(
        method: str,
        path: str,
        *,
        gateway: Gateway | None = None,
        **request: Any,
    ) -> httpx.Response:
        async def exchange() -> httpx.Response:
            app = (gateway or usual).app()
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
                return await client.request(method, path, **request)

        return asyncio.run(exchange())

    return ask


@pytest.fixture
def submit(ask: Callable[..., httpx.Response]) -> Callable[..., httpx.Response]:
    """Posts to /generate-file with httpx's own arguments."""

    def submit(**request: Any) -> httpx.Response:
        return ask("POST", "/generate-file", **request)

    return submit


@pytest.fixture(scope="session")
def cluster_options(broker: Cluster) -> kafka.Options:
    return {"bootstrap.servers": broker.bootstrap_servers}


@pytest.fixture(scope="session")
def prefix(cluster_options: kafka.Options) -> Iterator[str]:
    """A pipeline of its own on the broker; its topics go when the tests are over."""
    prefix = f"gateway-{uuid.uuid4().hex}."
    catalog = Catalog.load(prefix)
    ensure_topics(cluster_options, catalog)
    yield prefix
    admin = kafka.admin_client(cluster_options)
    for deleted in admin.delete_topics([topic.name for topic in catalog.topics.values()]).values():
        deleted.result()


@pytest.fixture
def record_at(cluster_options: kafka.Options) -> Callable[[Position], Message]:
    """Reads the one record at a position."""

    def record_at(position: Position) -> Message:
        consumer = Consumer(cluster_options | {"group.id": "unused", "fetch.wait.max.ms": 20})
        try:
            consumer.assign([TopicPartition(*position)])
            message = consumer.poll(DEADLINE_SECONDS)
        finally:
            consumer.close()
        assert message is not None, f"no record at {position}"
        assert message.error() is None
        return message

    return record_at


@pytest.fixture
def start(
    broker: Cluster,
    prefix: str,
    tmp_path: Path,
) -> Iterator[Callable[..., tuple[httpx.Client, subprocess.Popen[bytes]]]]:
    """Starts `python -m gateway` with further environment; ready when it returns.

    *files* is how many files the process may open.
    """
    with ExitStack() as running:

        def start(
            *, until: str = "/readyz", files: int | None = None, **environment: str
        ) -> tuple[httpx.Client, subprocess.Popen[bytes]]:
            told = process.environment(broker.bootstrap_servers, prefix, tmp_path) | environment
            return running.enter_context(process.gateway_process(told, until, files))

        yield start


@pytest.fixture(scope="session")
def running_gateway(
    broker: Cluster, prefix: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    """One gateway process for all tests that neither measure nor stop it."""
    folder = tmp_path_factory.mktemp("gateway")
    told = process.environment(broker.bootstrap_servers, prefix, folder)
    with process.gateway_process(told) as (client, _):
        yield client
