"""The status service: everything put together (`headway.serving.service`).

Order of the end: the streams of events are ended, since they would go on for ever and their
readers come back elsewhere; the port closes; open requests end, for at most DRAIN_SECONDS; the
reader commits its batch and stops; the file is closed.
"""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from starlette.applications import Starlette

from headway.base.errors import TopologyError
from headway.declared.catalog import Catalog
from headway.declared.pipeline import Pipeline
from headway.edges import kafka
from headway.edges.objectstore import ObjectStore
from headway.observing.health import Health
from headway.serving.connections import GuardedProtocol
from headway.serving.listening import allowed_connections
from headway.serving.service import Service
from headway.serving.site import Site
from headway.serving.trust import Trust, listed
from headway.topics.topology import TopologyWatch
from headway.topics.unstable import UnstableWatch
from headway.wire.codec import Codec
from status.answers.query import Table
from status.answers.views import Views
from status.events.client import Bounds
from status.events.hub import Hub
from status.events.stream import CUT
from status.http.app import Parts, make_app
from status.reading.cluster import Cluster
from status.reading.horizon import Horizon
from status.reading.materializer import Materializer
from status.reading.reader import Reader
from status.settings import StatusSettings
from status.table.change import Change
from status.table.damage import Damage
from status.table.database import locked
from status.table.freshness import Freshness
from status.table.store import Store

#: A batch keeps records alive by the ten thousand; at the default of 700 the collector would walk
#: them over and over, which costs a tenth of the time.
COLLECT_AFTER_OBJECTS: Final = 50_000
#: Beside those of readers of events: pages, lists and files.
_OTHER_CONNECTIONS: Final = 1000


@contextmanager
def opened(settings: StatusSettings) -> Iterator[Site]:
    """The site, with the table's file open.

    Raises:
        SettingsError: a setting does not fit.
    """
    gc.set_threshold(COLLECT_AFTER_OBJECTS)
    declared = _Declared.load(settings)
    damage = Damage()
    with (
        locked(Path(settings.data_dir)) as path,
        Store(path) as store,
        Table(path, declared.partitions, damage=damage) as table,
        # One of its own, so that the event loop never waits for a slow list.
        Table(path, declared.partitions, connections=1, damage=damage) as table_of_hub,
    ):
        parts = _parts(settings, declared, table, table_of_hub)
        yield _site(declared, parts, _File(store, (table, table_of_hub), damage))


def _parts(
    settings: StatusSettings, declared: "_Declared", table: Table, table_of_hub: Table
) -> Parts:
    freshness = Freshness(declared.partitions)
    views = Views(declared.codec, declared.pipeline, asked_ms=declared.asked_ms)
    bounds = Bounds(chunks=settings.sse_buffer_chunks, bytes=settings.sse_buffer_bytes)
    tick_seconds = settings.sse_tick_ms / 1000
    return Parts(
        settings=settings,
        pipeline=declared.pipeline,
        table=table,
        freshness=freshness,
        views=views,
        hub=Hub(table_of_hub.jobs, views, freshness, tick_seconds=tick_seconds, bounds=bounds),
        horizon=Horizon(declared.cluster.ends),
        store=ObjectStore.open(settings.object_store_url),
        health=Health(),
        most_watchers=_most_watchers(settings),
    )


def _most_watchers(settings: StatusSettings) -> int:
    """Streams stay, so a quarter of the connections is left to who asks and leaves."""
    allowed = allowed_connections()
    return min(settings.sse_clients, allowed - allowed // 4)


@dataclass(frozen=True, slots=True)
class _Declared:
    """What the declarations and the settings say, read once."""

    options: kafka.Options
    catalog: Catalog
    pipeline: Pipeline
    codec: Codec
    cluster: Cluster

    @property
    def partitions(self) -> int:
        return self.catalog[self.pipeline.source].partitions

    @property
    def asked_ms(self) -> int:
        """For how long Kafka keeps what is asked of jobs."""
        return int(self.catalog[self.pipeline.commands].config["retention.ms"])

    @staticmethod
    def load(settings: StatusSettings) -> "_Declared":
        options = kafka.client_options(settings)
        catalog, pipeline = Catalog.of(settings), Pipeline.load()
        cluster = Cluster(options, catalog, pipeline)
        return _Declared(options, catalog, pipeline, Codec(), cluster)


@dataclass(frozen=True, slots=True)
class _File:
    """The table's file and who has it open."""

    store: Store
    tables: tuple[Table, ...]
    damage: Damage

    def rebuild(self) -> None:
        """Make it anew, empty; called by the reader's thread."""
        with ExitStack() as stack:
            for table in self.tables:
                stack.enter_context(table.closed())
            self.store.rebuild()


def _site(declared: _Declared, parts: Parts, file: _File) -> Site:
    settings = parts.settings

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        with _reading(declared, parts, file, site.fail):
            yield

    site = Site(
        Trust(make_app(parts, lifespan), hosts=listed(settings.allowed_hosts)),
        name="status",
        settings=settings,
        most_connections=settings.sse_clients + _OTHER_CONNECTIONS,
        drain_seconds=settings.drain_seconds,
        lifespan="on",
        protocol=_Protocol,
        # uvicorn waits for every open request; streams of events would never end.
        before_end=parts.hub.close,
    )
    return site


@contextmanager
def _reading(
    declared: _Declared,
    parts: Parts,
    file: _File,
    on_misfit: Callable[[TopologyError], object],
) -> Iterator[None]:
    """The threads that read the topics and watch the cluster; for the event loop to enter."""
    loop = asyncio.get_running_loop()
    topology = TopologyWatch(declared.options, declared.catalog)

    def announce(change: Change) -> None:
        loop.call_soon_threadsafe(parts.hub.publish, change, loop)

    reader = Reader(
        options=declared.options,
        cluster=declared.cluster,
        catalog=declared.catalog,
        pipeline=declared.pipeline,
        materializer=Materializer(file.store, declared.catalog, declared.pipeline, declared.codec),
        health=parts.health,
        announce=announce,
        on_misfit=on_misfit,
        topology=topology,
        damage=file.damage,
        rebuild=file.rebuild,
    )
    unstable = UnstableWatch(
        options=declared.options,
        catalog=declared.catalog,
        after_seconds=parts.settings.unstable_after_seconds,
        tell=partial(parts.health.notes.__setitem__, "hanging_transactions"),
    )
    with topology, unstable, reader:
        yield


class _Protocol(GuardedProtocol):
    """Lets a stream cut its connection, see `status.events.stream`."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as its base does
        super().connection_made(transport)
        app = self.app

        async def cuttable(scope: Any, receive: Any, send: Any) -> None:
            scope.setdefault("extensions", {})[CUT] = transport.abort
            await app(scope, receive, send)

        self.app = cuttable


SERVICE: Final = Service(name="status", settings=StatusSettings, opened=opened)
