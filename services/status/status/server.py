"""The status service: everything put together (`headway.serving.service`).

Order of the end: the streams of events are ended, since they would go on for ever and their
readers come back elsewhere; the port closes; open requests end, for at most DRAIN_SECONDS; the
readers commit their batches and stop; the files are closed.
"""

import asyncio
import gc
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

from starlette.applications import Starlette

from headway.base.clock import SystemClock
from headway.edges.objectstore import ObjectStore
from headway.edges.recordreader import read_once
from headway.observing.health import Health
from headway.serving.connections import GuardedProtocol
from headway.serving.listening import allowed_connections
from headway.serving.service import Service
from headway.serving.site import Site
from headway.serving.trust import Trust, listed
from status.answers.query import Table
from status.answers.views import Views
from status.declared import Declared
from status.events.client import Bounds
from status.events.expecting import Expecting
from status.events.hub import Hub
from status.events.stream import CUT
from status.expected.expectations import Expectations
from status.expected.standing import Standings
from status.http.app import Parts, make_app
from status.letters.letter import Letters
from status.letters.listing import Desk
from status.letters.shelf import FILE_NAME, Shelf
from status.reading.horizon import Horizon
from status.running import Files, reading
from status.settings import StatusSettings
from status.statistics.board import Board
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
    """The site, with the files of the table and of the list of dead letters open.

    Raises:
        SettingsError: a setting does not fit.
    """
    gc.set_threshold(COLLECT_AFTER_OBJECTS)
    declared = Declared.load(settings)
    damage = Damage()
    with (
        locked(Path(settings.data_dir)) as path,
        Store(path) as store,
        Table(path, declared.partitions, damage=damage) as table,
        # One of its own, so that the event loop never waits for a slow list.
        Table(path, declared.partitions, connections=1, damage=damage) as table_of_hub,
        Shelf(path.with_name(FILE_NAME)) as shelf,
    ):
        parts = _parts(settings, declared, table, table_of_hub, Desk(shelf.path, path))
        yield _site(declared, parts, Files(store, (table, table_of_hub), damage, shelf))


def _parts(
    settings: StatusSettings, declared: Declared, table: Table, table_of_hub: Table, desk: Desk
) -> Parts:
    freshness = Freshness(declared.partitions)
    expectations = Expectations(standings=Standings(declared.codec, declared.pipeline))
    views = Views(
        declared.codec,
        declared.pipeline,
        asked_ms=declared.asked_ms,
        expect=expectations.shown,
    )
    bounds = Bounds(chunks=settings.sse_buffer_chunks, bytes=settings.sse_buffer_bytes)
    tick_seconds = settings.sse_tick_ms / 1000
    hub = Hub(table_of_hub.jobs, views, freshness, tick_seconds=tick_seconds, bounds=bounds)
    return Parts(
        settings=settings,
        pipeline=declared.pipeline,
        table=table,
        freshness=freshness,
        views=views,
        expectations=expectations,
        expecting=Expecting(hub, expectations, table_of_hub.jobs, SystemClock()),
        hub=hub,
        horizon=Horizon(declared.cluster.ends),
        store=ObjectStore.open(settings.object_store_url),
        health=Health(component="status"),
        desk=desk,
        letters=Letters(declared.codec, declared.stages_by_letters),
        letter_topics=declared.letter_topics,
        read_at=partial(read_once, declared.options),
        most_watchers=_most_watchers(settings),
        statistics=Board(declared.codec, [stage.name for stage in declared.pipeline.stages]),
    )


def _most_watchers(settings: StatusSettings) -> int:
    """Streams stay, so a quarter of the connections is left to who asks and leaves."""
    allowed = allowed_connections()
    return min(settings.sse_clients, allowed - allowed // 4)


def _site(declared: Declared, parts: Parts, files: Files) -> Site:
    settings = parts.settings

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        with reading(declared, parts, files, site.fail):
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
