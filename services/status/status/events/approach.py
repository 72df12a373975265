"""From where a reader of events goes on, and how long it is held until that is known.

A replica that has not come as far as an id has seen would show something older. So the reader is
held, with a word on why, until the replica has come so far; after a while its stream is ended,
that it may come back to another replica. Its history is called lost only by what the cluster says
when it is asked anew: it is of other topics, or these topics end before what the id has seen.
"""

import functools
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from status.events import sse
from status.events.client import Client
from status.reading.cluster import Ends
from status.reading.horizon import Horizon
from status.table.freshness import Freshness
from status.table.position import Position, PositionError, Vector, parse_position

#: A replica that reads is behind for less; after this long the reader is told that it waits.
_PATIENCE_SECONDS: Final = 5.0
#: So often a reader is told again, and the cluster asked; then it is sent elsewhere.
_MOST_WAITS: Final = 6


class Start(NamedTuple):
    """From where a reader goes on; `reset` is why that is not where it was."""

    vector: Vector
    reset: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Approach:
    """Used on the event loop."""

    freshness: Freshness
    horizon: Horizon

    async def of(self, client: Client, last_id: str | None) -> AsyncIterator[bytes | Start]:
        """What to send while the reader waits, then its start; none if its stream has ended."""
        wanted = _parsed(last_id)
        waits = 0
        while not client.ended.is_set():
            start = await self._start(wanted, last_id)
            if client.ended.is_set():
                return
            if start is not None:
                yield start
                return
            yield sse.waiting(self._reason(wanted))
            waits += 1
            if waits == _MOST_WAITS:
                client.end()

    async def _start(self, wanted: Position | None, last_id: str | None) -> Start | None:
        if wanted is None:
            return await self._snapshot("the id is not one of this service" if last_id else None)
        decided = functools.partial(_decides, wanted)
        if await self.freshness.until(decided, _PATIENCE_SECONDS) and self.freshness.serves(wanted):
            return Start(wanted.vector.widened(self._partitions))
        if lost := await self._lost(wanted):
            return Start(self._nothing, lost)
        if decided(self.freshness):
            # This replica has not noticed yet that its own topics are no more.
            epoch = self.freshness.epoch
            await self.freshness.until(lambda now: now.epoch != epoch, _PATIENCE_SECONDS)
        return None

    async def _lost(self, wanted: Position) -> str | None:
        """Why what *wanted* has seen is no more; None if that is not certain."""
        if not self.freshness.complete:
            return None
        return _loss(wanted, self.freshness.position, await self.horizon.ends())

    async def _snapshot(self, reset: str | None) -> Start | None:
        """What is known, best once it is known to be all; if Kafka is away it is what there is."""
        await self.freshness.until(_is_whole, _PATIENCE_SECONDS)
        return Start(self._nothing, reset) if self.freshness.complete else None

    def _reason(self, wanted: Position | None) -> str:
        if not self.freshness.complete:
            return "the table of jobs is being built"
        if wanted is None or wanted.epoch == self.freshness.epoch:
            return "this replica has not read as far as the reader has seen"
        return "the cluster does not say yet what became of these topics"

    @property
    def _partitions(self) -> int:
        return self.freshness.vector.partitions

    @property
    def _nothing(self) -> Vector:
        return Vector.beginning(self._partitions)


def _loss(wanted: Position, here: Position, ends: Ends | None) -> str | None:
    if ends is None or ends.epoch != here.base:
        return None  # nobody answers, or this replica itself is of topics that are no more
    if wanted.base != here.base:
        return "the id is of other topics than these"
    if wanted.epoch != here.epoch:
        return "Kafka has lost records since the id was given"
    if not ends.high.covers(wanted.seen):
        return "the id is of records that are no longer there"
    return None


def _decides(wanted: Position, freshness: Freshness) -> bool:
    """Whether waiting is over: the table serves the id, or is of another epoch."""
    return freshness.serves(wanted) or (freshness.complete and freshness.epoch != wanted.epoch)


def _is_whole(freshness: Freshness) -> bool:
    return freshness.complete and freshness.caught_up


def _parsed(last_id: str | None) -> Position | None:
    try:
        return parse_position(last_id) if last_id else None
    except PositionError:
        return None
