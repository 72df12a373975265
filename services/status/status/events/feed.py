"""What one reader of events gets to see, from its first byte to its last.

A reader that resumes is sent each job of which there is something newer than its id, in pages, with
ids that are true within and after each; then it goes live. The client listens before the page that
turns out to be the last is read, and skips what that page contained: no gap, and nothing older
afterwards.
A long catch-up neither holds a snapshot open nor fills the client's buffer, as every page is a
read of its own.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, NamedTuple

from anyio import to_thread

from status.answers.query import Page
from status.answers.tablereads import TableReads
from status.answers.views import Views, to_json
from status.events import sse
from status.events.approach import Approach
from status.events.client import Client
from status.events.hub import encode
from status.table.damage import TableDamaged
from status.table.position import Position, Vector

#: Rows read and encoded at a time.
_PAGE_ROWS: Final = 500


class _Current(NamedTuple):
    """How one job is by the commit `sequence`; `known` unless there seems to be no such job."""

    sequence: int
    data: bytes
    known: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Feeds:
    """Makes the streams of one process; used on the event loop."""

    reads: TableReads
    approach: Approach
    views: Views

    async def all_jobs(self, client: Client, last_id: str | None) -> AsyncIterator[bytes]:
        """Every job: all of them, or those that moved since *last_id*, then each that moves."""
        yield sse.OPENING + client.aside()
        async for step in self.approach.of(client, last_id):
            if isinstance(step, bytes):
                yield step
                continue
            if step.reset:
                yield self._reset(step.reset)
            with _ending(client):
                async for page in self._catch_up(client, step.vector):
                    yield page
        async for chunk in client.stream():
            yield chunk

    async def one_job(
        self, client: Client, job_id: str, last_id: str | None
    ) -> AsyncIterator[bytes]:
        """One job: as it is now, whatever *last_id* has seen of it, then whenever it moves.

        So a reader that comes late or again always gets a terminal state, and the percent that
        was reached.
        """
        yield sse.OPENING + client.aside()
        async for step in self.approach.of(client, last_id):
            if isinstance(step, bytes):
                yield step
                continue
            if step.reset:
                yield self._reset(step.reset)
            with _ending(client):
                async for data in self._look(client, job_id):
                    yield data
        async for chunk in client.stream():
            yield chunk

    async def _look(self, client: Client, job_id: str) -> AsyncIterator[bytes]:
        """The job as it is, which is awaited if this replica may not have read of it yet."""
        client.listen()
        current = await to_thread.run_sync(self._current, job_id)
        while not current.known and not client.ended.is_set():
            if await self.reads.horizon_reached():
                client.listen()
                current = await to_thread.run_sync(self._current, job_id)
                break
            yield sse.waiting("it is not known yet whether there is such a job")
            current = await to_thread.run_sync(self._current, job_id)
        if not client.ended.is_set():
            client.skip(current.sequence)
            yield current.data

    def _reset(self, reason: str) -> bytes:
        """Tells a reader to forget what it knows; a break after it begins the snapshot again."""
        epoch = self.reads.freshness.epoch
        beginning = Position.at(epoch, Vector.beginning(self.reads.table.partitions))
        return sse.with_id(sse.event("reset", to_json({"reason": reason})), beginning)

    async def _catch_up(self, client: Client, vector: Vector) -> AsyncIterator[bytes]:
        """Pages until one is the last; then *client* listens from there on."""
        epoch = self.reads.freshness.epoch
        knows_nothing = vector == Vector.beginning(self.reads.table.partitions)
        while not client.ended.is_set():
            client.listen()
            page, data = await to_thread.run_sync(self._page, vector, knows_nothing)
            if page.position.epoch != epoch:
                client.end()  # the table was made anew meanwhile: let the reader come back
                return
            if not page.told:
                client.pause()
                yield self._reset("jobs were deleted meanwhile, and nothing tells which any more")
                vector, knows_nothing = Vector.beginning(self.reads.table.partitions), True
                continue
            if page.last:
                client.skip(page.sequence)
                yield data
                return
            client.pause()
            yield data
            vector = page.position.vector

    def _page(self, vector: Vector, knows_nothing: bool) -> tuple[Page, bytes]:  # noqa: FBT001 - run_sync passes by position
        """Called in a thread: reads and encodes one page."""
        with self.reads.table.snapshot() as snapshot:
            page = snapshot.newer(vector, _PAGE_ROWS)
        jobs = [job for job in page.jobs if not (knows_nothing and job.gone)]
        if jobs:
            return page, encode(jobs, self.views.summary, page.within, page.position)
        return page, sse.mark(page.position)

    def _current(self, job_id: str) -> _Current:
        """Called in a thread: the event that tells how one job is, and the commit it is of."""
        with self.reads.table.snapshot() as snapshot:
            job, position, sequence = snapshot.job(job_id), snapshot.position, snapshot.sequence
        if job is None or job.gone:
            gone = sse.event("gone", to_json({"job_id": job_id}))
            return _Current(sequence, sse.with_id(gone, position), known=False)
        return _Current(sequence, encode([job], self.views.detail, position, position), known=True)


@contextmanager
def _ending(client: Client) -> Iterator[None]:
    """A table that turns out to be damaged ends the stream: its reader comes back by its id."""
    try:
        yield
    except TableDamaged:
        client.end()
