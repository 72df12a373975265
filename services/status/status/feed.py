"""What one reader of events gets to see, from its first byte to its last.

A reader that resumes is sent each job whose row is newer than its id, in pages, each page with
the id that is true after it; then it goes live. The client listens before the page that turns out
to be the last is read, and skips what that page contained: no gap, and nothing older afterwards.
A long catch-up neither holds a snapshot open nor fills the client's buffer, as every page is a
read of its own.
"""

import functools
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from anyio import to_thread

from status import sse
from status.client import Client
from status.hub import encode
from status.position import Position, PositionError, Vector, parse_position
from status.query import Page, Table
from status.tide import Tide
from status.views import Views, to_json

#: Rows read and encoded at a time.
_PAGE_ROWS: Final = 500
#: A replica may lag behind the one that wrote an id; after this long the id is taken for one
#: of records that Kafka has lost.
_AHEAD_SECONDS: Final = 5.0


class _Start(NamedTuple):
    """From where a reader goes on; `reset` is why that is not where it was."""

    vector: Vector
    reset: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Feeds:
    """Makes the streams of one process; used on the event loop."""

    table: Table
    tide: Tide
    views: Views

    async def all_jobs(self, client: Client, last_id: str | None) -> AsyncIterator[bytes]:
        """Every job: all of them, or those that moved since *last_id*, then each that moves."""
        yield sse.OPENING
        async for waiting in self._approach(client, last_id):
            yield waiting
        start = self._start(last_id)
        if start.reset:
            yield self._reset(start.reset)
        async for page in self._catch_up(client, start.vector):
            yield page
        async for chunk in client.stream():
            yield chunk

    async def one_job(
        self, client: Client, job_id: str, last_id: str | None
    ) -> AsyncIterator[bytes]:
        """One job: as it is now, whatever *last_id* has seen of it, then whenever it moves.

        So a reader that comes late or again always gets a terminal state, and the percent that
        was reached, of which ids know nothing.
        """
        yield sse.OPENING
        async for waiting in self._approach(client, last_id):
            yield waiting
        reset = self._start(last_id).reset
        if reset:
            yield self._reset(reset)
        client.listen()
        sequence, data = await to_thread.run_sync(self._current, job_id)
        client.skip(sequence)
        yield data
        async for chunk in client.stream():
            yield chunk

    async def _approach(self, client: Client, last_id: str | None) -> AsyncIterator[bytes]:
        """Heartbeats until the table has come as far as the reader, or is seen not to come."""
        wanted = _parsed(last_id)
        while not client.ended.is_set():
            had_caught_up = self.tide.caught_up
            if await self.tide.until(functools.partial(_serves, wanted), _AHEAD_SECONDS):
                return
            if had_caught_up:
                return
            yield sse.HEARTBEAT

    def _start(self, last_id: str | None) -> _Start:
        beginning = Vector.beginning(self.table.partitions)
        if not last_id:
            return _Start(beginning)
        wanted = _parsed(last_id)
        if wanted is None:
            return _Start(beginning, "the id is not one of this service")
        if _is_foreign(wanted, self.tide):
            return _Start(beginning, "the id is of other topics than these")
        if not self.tide.vector.covers(wanted.vector):
            return _Start(beginning, "the id is of records that are no longer there")
        return _Start(wanted.vector)

    def _reset(self, reason: str) -> bytes:
        """Tells a reader to forget what it knows; a break after it begins the snapshot again."""
        beginning = Position(self.tide.epoch, Vector.beginning(self.table.partitions))
        return sse.with_id(sse.event("reset", to_json({"reason": reason})), beginning)

    async def _catch_up(self, client: Client, vector: Vector) -> AsyncIterator[bytes]:
        """Pages until one is the last; then *client* listens from there on."""
        epoch = self.tide.epoch
        knows_nothing = vector == Vector.beginning(self.table.partitions)
        while not client.ended.is_set():
            client.listen()
            page, data = await to_thread.run_sync(self._page, vector, knows_nothing)
            if page.position.epoch != epoch:
                client.end()  # the table was made anew meanwhile: let the reader come back
                return
            if page.last:
                client.skip(page.sequence)
                yield data
                return
            client.pause()
            yield data
            vector = page.position.vector

    def _page(self, vector: Vector, knows_nothing: bool) -> tuple[Page, bytes]:  # noqa: FBT001 - run_sync passes by position
        """Called in a thread: reads and encodes one page."""
        with self.table.snapshot() as snapshot:
            page = snapshot.newer(vector, _PAGE_ROWS)
        rows = [row for row in page.rows if not (knows_nothing and row.gone)]
        if rows:
            return page, encode(rows, self.views.summary, page.position)
        return page, sse.mark(page.position)

    def _current(self, job_id: str) -> tuple[int, bytes]:
        """Called in a thread: the event that tells how one job is, and the commit it is of."""
        with self.table.snapshot() as snapshot:
            row, position, sequence = snapshot.job(job_id), snapshot.position, snapshot.sequence
        if row is None:
            gone = sse.event("gone", to_json({"job_id": job_id}))
            return sequence, sse.with_id(gone, position)
        return sequence, encode([row], self.views.detail, position)


def _parsed(last_id: str | None) -> Position | None:
    try:
        return parse_position(last_id) if last_id else None
    except PositionError:
        return None


def _is_foreign(wanted: Position, tide: Tide) -> bool:
    same_size = len(wanted.vector.states) == len(tide.vector.states)
    return wanted.epoch != tide.epoch or not same_size


def _serves(wanted: Position | None, tide: Tide) -> bool:
    if wanted is None or _is_foreign(wanted, tide):
        return tide.complete
    return tide.complete and tide.vector.covers(wanted.vector)
