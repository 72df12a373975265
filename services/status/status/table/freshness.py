"""How far the table has come, as the event loop knows it, and waiting for it to come further."""

import asyncio
from collections.abc import Callable

from status.table.change import Change
from status.table.position import Position, Source, Vector


class Freshness:
    """Used on the event loop only.

    `complete`: the table has once held all there was, so what it says of a job was true once.
    `caught_up`: it holds all there was when this process began. Neither says that a job it does
    not know is unknown: it may lag (`answers.tablereads`). `emptied` counts how often the
    table was, before this is told or right after: what was read in between is void.
    """

    def __init__(self, partitions: int) -> None:
        self.position = Position.at("", Vector.beginning(partitions))
        self.complete = self.caught_up = False
        self.emptied = 0
        self._moved = asyncio.Event()

    def rise(self, change: Change) -> None:
        """Take over what the reader told."""
        self.emptied += self.complete and not change.complete
        self.position = change.position
        self.complete, self.caught_up = change.complete, change.caught_up
        self._moved.set()
        self._moved = asyncio.Event()

    async def until(self, condition: Callable[["Freshness"], bool], seconds: float) -> bool:
        """Wait until *condition* of this is true; False if it is not within *seconds*."""
        try:
            async with asyncio.timeout(seconds):
                while not condition(self):
                    await self._moved.wait()
        except TimeoutError:
            return False
        return True

    @property
    def epoch(self) -> str:
        return self.position.epoch

    @property
    def vector(self) -> Vector:
        return self.position.vector

    def serves(self, position: Position) -> bool:
        """Whether the table can show nothing older than *position* has seen."""
        same = position.epoch == self.epoch
        return same and self.complete and self.vector.covers(position.seen)

    def has_read(self, partition: int, offset: int) -> bool:
        """Whether that record of jobs.submitted is in the table."""
        return self.vector.has_seen(Source.SUBMITTED, partition, offset)
