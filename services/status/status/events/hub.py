"""Fan-out: each change is read and encoded once, and the same bytes go to everyone who watches.

A change is published at once if nothing was published for a tick; otherwise it waits for the
tick to end, which is as long as telling all clients takes, within a bound, together with all that
comes meanwhile, of each job only the newest. What is sent is read from the table at that moment, so
it is never older than the change that caused it. Each sending begins with an `id:` that claims to
have seen what was told before it, and nothing newer than the table it was read from; the last one
of a tick ends with an `id:` that claims the tick. Wherever a reader is cut off, its id is true.
"""

import logging
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Final, Protocol

from headway.observing import metrics
from status.answers.query import Found
from status.answers.views import JsonObject, Views, to_json
from status.events import sse
from status.events.client import Bounds, Chunk, Client
from status.pauses.board import Pause, shown
from status.table.asked import Job
from status.table.change import Change
from status.table.damage import TableDamaged
from status.table.freshness import Freshness
from status.table.position import Position, Vector

logger = logging.getLogger(__name__)

#: Jobs encoded in one go; reading and encoding that many takes about 10 ms of the event loop.
_JOBS_AT_ONCE: Final = 500


#: What a delivery costs the event loop, at the 20,000 a second a client-by-client write reaches,
#: doubled so that half of the loop's time is left for everything else.
_DELIVERY_SECONDS: Final = 0.0001
#: Steps of one job that follow each other faster than people see.
_SHORTEST_TICK_SECONDS: Final = 0.002


class Timers(Protocol):
    """What is used of an asyncio event loop."""

    def time(self) -> float: ...
    def call_later(self, delay: float, callback: Callable[[], None], /) -> object: ...


class Hub:
    """Used on the event loop only."""

    def __init__(
        self,
        read: Callable[[Iterable[str]], Found],
        views: Views,
        freshness: Freshness,
        *,
        tick_seconds: float,
        bounds: Bounds,
    ) -> None:
        self._read = read
        self._views = views
        self._freshness = freshness
        self._tick_seconds = tick_seconds
        self._bounds = bounds
        self._clients: dict[str | None, set[Client]] = defaultdict(set)
        self._moved: dict[str, None] = {}
        self._change: Change | None = None
        #: The position up to which everyone has been told everything.
        self._told = freshness.position
        self._published_at = float("-inf")
        self._scheduled = False
        self._closed = False
        #: What pauses the stages, as it was told last.
        self.pauses: tuple[Pause, ...] = ()
        #: What everyone is told beside the table, and whoever comes, by what it is about.
        self._beside: dict[str, bytes] = {}

    def __len__(self) -> int:
        return sum(map(len, self._clients.values()))

    @contextmanager
    def connect(self, job_id: str | None = None) -> Iterator[Client]:
        """A client for one job's events, or for all; it has to `listen` to get any."""
        client = Client(job_id, self._bounds)
        self._clients[job_id].add(client)
        for about, data in self._beside.items():
            client.tell(about, data)
        metrics.SSE_CLIENTS.inc()
        if self._closed:
            # It came while the process was ending, after everyone else had been sent away.
            client.end()
        try:
            yield client
        finally:
            metrics.SSE_CLIENTS.dec()
            self._clients[job_id].discard(client)
            if not self._clients[job_id]:
                del self._clients[job_id]

    def publish(self, change: Change, timers: Timers) -> None:
        """Tell everyone who is concerned, now or at the end of the tick."""
        other_epoch = self._freshness.epoch not in {"", change.position.epoch}
        began_anew = other_epoch or (self._freshness.complete and not change.complete)
        self._freshness.rise(change)
        self._change = change
        if began_anew:
            self._moved.clear()
            self.end_all()
        if began_anew or self._told.epoch != change.position.epoch:
            nothing = Vector.beginning(change.position.vector.partitions)
            self._told = Position.at(change.position.epoch, nothing)
        self._moved.update(dict.fromkeys(filter(self._is_watched, change.job_ids)))
        if not self._moved:
            # Nobody watches what moved, so all that concerns anybody was told.
            self._told = change.position
        if self._moved and not self._scheduled:
            self._schedule(timers)

    def tell_pauses(self, pauses: tuple[Pause, ...]) -> None:
        """Tell everyone, and whoever comes, what pauses the stages; it is no part of any id."""
        self.pauses = pauses
        self.tell_all("pauses", shown(pauses))

    def tell_all(self, about: str, what: JsonObject) -> None:
        """Tell everyone, and whoever comes, what is no part of any id."""
        data = self._beside[about] = sse.event(about, to_json(what))
        for clients in self._clients.values():
            for client in clients:
                client.tell(about, data)

    def tell_of(self, job_id: str, about: str, what: JsonObject) -> None:
        """Tell those who watch this job alone, likewise."""
        data = sse.event(about, to_json(what))
        for client in self._clients.get(job_id, ()):
            client.tell(about, data)

    @property
    def watched(self) -> Collection[str]:
        """The jobs that somebody watches alone."""
        return {job_id for job_id in self._clients if job_id is not None}

    def end_all(self) -> None:
        """Let every stream end; readers come back by their ids."""
        for clients in self._clients.values():
            for client in clients:
                client.end()

    def close(self) -> None:
        """End every stream, now and from now on: the process is going."""
        self._closed = True
        self.end_all()

    def _is_watched(self, job_id: str) -> bool:
        return None in self._clients or job_id in self._clients

    def _schedule(self, timers: Timers) -> None:
        self._scheduled = True
        wait = self._published_at + self._tick() - timers.time()
        if wait > 0:
            timers.call_later(wait, lambda: self._flush(timers))
        else:
            self._flush(timers)

    def _tick(self) -> float:
        cost = _SHORTEST_TICK_SECONDS + _DELIVERY_SECONDS * len(self)
        return min(cost, self._tick_seconds)

    def _flush(self, timers: Timers) -> None:
        self._scheduled = False
        self._published_at = timers.time()
        job_ids = list(islice(self._moved, _JOBS_AT_ONCE))
        for job_id in job_ids:
            del self._moved[job_id]
        try:
            self._send(self._read(job_ids))
        except (sqlite3.Error, TableDamaged):
            # What was not read must not be passed over by the ids that follow.
            logger.exception("hub.read_failed")
            self.end_all()
        if self._moved:
            # Between two packs the loop serves whoever else waits.
            self._scheduled = True
            timers.call_later(0, lambda: self._flush(timers))

    def _send(self, found: Found) -> None:
        change = self._change
        if change is None or found.position.epoch != change.position.epoch:
            self.end_all()  # the table is being made anew
            return
        told, seen = self._told, change.position.vector.joined(found.position.vector)
        within = Position(told.epoch, told.vector, seen)
        if self._moved:
            after = within
        else:
            after = Position(told.epoch, change.position.vector, seen)
            self._told = change.position
        self._tell(found.jobs, within, after, change.sequence)

    def _tell(self, jobs: list[Job], within: Position, after: Position, sequence: int) -> None:
        if None in self._clients and jobs:
            data = encode(jobs, self._views.summary, within, after)
            self._offer(None, Chunk(sequence, data), len(jobs))
        for job in jobs:
            if job.job_id in self._clients:
                data = encode([job], self._views.detail, within, after)
                self._offer(job.job_id, Chunk(sequence, data), 1)

    def _offer(self, job_id: str | None, chunk: Chunk, events: int) -> None:
        clients = self._clients[job_id]
        metrics.SSE_EVENTS.inc(events * len(clients))
        for client in clients:
            # One that has ended leaves the set only when its response has: nothing waits for it.
            if not client.ended.is_set() and not client.offer(chunk):
                metrics.SSE_DROPPED.inc()
                logger.info("sse.dropped", extra={"job_id": job_id})
                client.end()


def encode(
    jobs: Sequence[Job], show: Callable[[Job], JsonObject], within: Position, after: Position
) -> bytes:
    """An event a job; who has seen some of them is at *within*, who has seen all at *after*.

    A browser keeps an id until it is given another one, so two are enough.
    """
    events = [_event(job, show) for job in jobs]
    events[0] = sse.with_id(events[0], within if events[1:] else after)
    if events[1:]:
        events[-1] = sse.with_id(events[-1], after)
    return b"".join(events)


def _event(job: Job, show: Callable[[Job], JsonObject]) -> bytes:
    if job.gone:
        return sse.event("gone", to_json({"job_id": job.job_id}))
    return sse.event("job", to_json(show(job)))
