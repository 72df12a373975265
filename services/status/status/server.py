"""The process: everything put together, served until SIGTERM, ended in order.

Order of the end: the streams of events are ended, since they would go on for ever and their
readers come back elsewhere; the port closes; open requests end, for at most DRAIN_SECONDS; the
reader commits its batch and stops; the file is closed.
"""

import asyncio
import gc
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import uvicorn
from starlette.applications import Starlette

from headway.base.errors import TopologyError
from headway.declared.catalog import Catalog
from headway.declared.pipeline import Pipeline
from headway.edges import kafka
from headway.edges.objectstore import ObjectStore
from headway.observing.health import Health
from headway.serving.connections import GuardedProtocol
from headway.serving.listening import allowed_connections, http_config
from headway.serving.signals import Ending
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
from status.table.store import Store
from status.table.tableposition import Tide

logger = logging.getLogger(__name__)

#: A batch keeps records alive by the ten thousand; at the default of 700 the collector would walk
#: them over and over, which costs a tenth of the time.
COLLECT_AFTER_OBJECTS: Final = 50_000
#: Beside those of readers of events: pages, lists and files.
_OTHER_CONNECTIONS: Final = 1000


def serve(settings: StatusSettings, ending: Ending) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises:
        SettingsError: a setting does not fit, or (TopologyError) the cluster's topics do not.
    """
    gc.set_threshold(COLLECT_AFTER_OBJECTS)
    declared = _Declared.load(settings)
    store_of_objects = ObjectStore.open(settings.object_store_url)
    partitions = declared.catalog[declared.pipeline.source].partitions
    damage = Damage()
    with (
        locked(Path(settings.data_dir)) as path,
        Store(path) as store,
        Table(path, partitions, damage=damage) as table,
        # One of its own, so that the event loop never waits for a slow list.
        Table(path, partitions, connections=1, damage=damage) as table_of_hub,
    ):
        tide, views = Tide(partitions), Views(declared.codec, declared.pipeline)
        bounds = Bounds(chunks=settings.sse_buffer_chunks, bytes=settings.sse_buffer_bytes)
        tick_seconds = settings.sse_tick_ms / 1000
        hub = Hub(table_of_hub.jobs, views, tide, tick_seconds=tick_seconds, bounds=bounds)
        parts = Parts(
            settings=settings,
            pipeline=declared.pipeline,
            table=table,
            tide=tide,
            views=views,
            hub=hub,
            horizon=Horizon(declared.cluster.ends),
            store=store_of_objects,
            health=Health(),
            most_watchers=_most_watchers(settings),
        )
        _Process(declared, parts, _File(store, (table, table_of_hub), damage)).run(ending)
    logger.info("status.stopped")


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


class _Process:
    def __init__(self, declared: _Declared, parts: Parts, file: _File) -> None:
        self._declared, self._parts, self._file = declared, parts, file
        self._misfit: TopologyError | None = None
        app = make_app(parts, self._lifespan)
        self._server = _Server(_config(app, parts.settings), parts.hub)

    def run(self, ending: Ending) -> None:
        settings = self._parts.settings
        ending.in_order(
            within_seconds=settings.drain_seconds + settings.exit_seconds,
            on_told=self._server.stop,
        )
        self._server.run()
        if self._misfit is not None:
            raise self._misfit

    @asynccontextmanager
    async def _lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        declared, parts = self._declared, self._parts
        loop = asyncio.get_running_loop()
        topology = TopologyWatch(declared.options, declared.catalog)

        def announce(change: Change) -> None:
            loop.call_soon_threadsafe(parts.hub.publish, change, loop)

        reader = Reader(
            options=declared.options,
            cluster=declared.cluster,
            catalog=declared.catalog,
            pipeline=declared.pipeline,
            materializer=Materializer(
                self._file.store, declared.catalog, declared.pipeline, declared.codec
            ),
            health=parts.health,
            announce=announce,
            on_misfit=self._tell_misfit,
            topology=topology,
            damage=self._file.damage,
            rebuild=self._file.rebuild,
        )
        unstable = UnstableWatch(
            options=declared.options,
            catalog=declared.catalog,
            after_seconds=parts.settings.unstable_after_seconds,
            tell=partial(parts.health.notes.__setitem__, "hanging_transactions"),
        )
        with topology, unstable, reader:
            yield

    def _tell_misfit(self, error: TopologyError) -> None:
        """Called by the reader's thread."""
        self._misfit = error
        self._server.stop()


class _Server(uvicorn.Server):
    """uvicorn waits for every open request before it ends; streams of events have to be told."""

    def __init__(self, config: uvicorn.Config, hub: Hub) -> None:
        super().__init__(config)
        self._hub = hub

    def stop(self) -> None:
        """May be called from any thread."""
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for server in self.servers:
            for bound in server.sockets:
                logger.info("status.started", extra={"port": bound.getsockname()[1]})

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._hub.close()
        await super().shutdown(sockets)


class _Protocol(GuardedProtocol):
    """Lets a stream cut its connection, see `status.events.stream`."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as its base does
        super().connection_made(transport)
        app = self.app

        async def cuttable(scope: Any, receive: Any, send: Any) -> None:
            scope.setdefault("extensions", {})[CUT] = transport.abort
            await app(scope, receive, send)

        self.app = cuttable


def _config(app: Starlette, settings: StatusSettings) -> uvicorn.Config:
    return http_config(
        Trust(app, hosts=listed(settings.allowed_hosts)),
        protocol=_Protocol,
        most_connections=settings.sse_clients + _OTHER_CONNECTIONS,
        host=settings.http_host,
        port=settings.http_port,
        lifespan="on",
        timeout_graceful_shutdown=settings.drain_seconds,
    )
