"""A reader of events in this process, with the order of things forced by hand."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager

from support.status.events.sse import Event, Parser
from support.status.rig import Rig
from support.status.topics import PARTITIONS

from status.answers.query import Snapshot, Table
from status.events.client import Client
from status.events.feed import Feeds
from status.table.position import Source, Vector

Hook = Callable[[], object]


class HookedTable(Table):
    """Lets a test do something right before and right after each snapshot is taken.

    Hooks run in the thread that reads, while the event loop waits for it.
    """

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig.path, PARTITIONS, connections=1)
        self.before: list[Hook] = []
        self.after: list[Hook] = []

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        if self.before:
            self.before.pop(0)()
        with super().snapshot() as snapshot:
            yield snapshot
        if self.after:
            self.after.pop(0)()


class Reader:
    """Reads a stream as far as it goes without waiting for more to happen."""

    def __init__(self, stream: AsyncIterator[bytes], client: Client, last_id: str) -> None:
        self._stream = stream
        self._client = client
        self.parser = Parser(last_id)

    async def read(self) -> list[Event]:
        """The events up to where the stream would wait."""
        events: list[Event] = []
        while (data := await self._next()) is not None:
            events += self.parser.feed(data.decode().split("\n"))
        return events

    async def _next(self) -> bytes | None:
        step = asyncio.ensure_future(anext(self._stream))
        while not step.done():
            await asyncio.sleep(0)
            if self._is_waiting() and not step.done():
                step.cancel()
                await asyncio.gather(step, return_exceptions=True)
                return None
        return step.result()

    def _is_waiting(self) -> bool:
        return self._client._listening and self._client._seen >= 0 and not self._client._waiting


def read_all(
    rig: Rig, table: Table, last_id: str = "", *, job_id: str | None = None
) -> tuple[list[Event], str]:
    """The events a reader gets until there are no more, and the last id it then has."""

    async def read() -> tuple[list[Event], str]:
        with rig.hub.connect(job_id) as client:
            stream = stream_of(rig.feeds_of(table), client, job_id, last_id or None)
            reader = Reader(stream, client, last_id)
            return await reader.read(), reader.parser.last_id

    return asyncio.run(read())


def stream_of(
    feeds: Feeds, client: Client, job_id: str | None, last_id: str | None
) -> AsyncIterator[bytes]:
    """What a reader of one job is sent, or of all."""
    if job_id is None:
        return feeds.all_jobs(client, last_id)
    return feeds.one_job(client, job_id, last_id)


async def read_out(rig: Rig, job_id: str | None, last_id: str | None) -> list[Event]:
    """The events of a stream that ends by itself."""
    with rig.hub.connect(job_id) as client:
        chunks = [data async for data in stream_of(rig.feeds, client, job_id, last_id)]
    return list(Parser().feed(b"".join(chunks).decode().split("\n")))


def nines() -> Vector:
    """A vector beyond all that a test writes."""
    return Vector(tuple((9,) * PARTITIONS for _ in Source))


def seen_by(rig: Rig, table: Table) -> tuple[list[Event], str]:
    """Apply what the log has, and let a reader see it."""
    rig.apply()
    rig.timers.advance(1)
    return read_all(rig, table)


def told(events: list[Event]) -> dict[str, list[str]]:
    """The statuses told of each job, in order."""
    statuses: dict[str, list[str]] = {}
    for event in events:
        job = event.json()
        statuses.setdefault(job["job_id"], []).append(job["status"])
    return statuses
