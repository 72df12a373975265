"""How far the table has come, as the event loop knows it, and waiting for it to come further."""

import asyncio
from collections.abc import Callable

from status.change import Change
from status.position import Source, Vector


class Tide:
    """Used on the event loop only.

    `complete`: the table has once held all there was, so what it says of a job was true once.
    `caught_up`: it holds all there was when this process began, so a job it does not know is
    unknown.
    """

    def __init__(self, partitions: int) -> None:
        self.epoch = ""
        self.vector = Vector.beginning(partitions)
        self.complete = self.caught_up = False
        self._moved = asyncio.Event()

    def rise(self, change: Change) -> None:
        """Take over what the reader told."""
        self.epoch, self.vector = change.position.epoch, change.position.vector
        self.complete, self.caught_up = change.complete, change.caught_up
        self._moved.set()
        self._moved = asyncio.Event()

    async def until(self, condition: Callable[["Tide"], bool], seconds: float) -> bool:
        """Wait until *condition* of this tide is true; False if it is not within *seconds*."""
        try:
            async with asyncio.timeout(seconds):
                while not condition(self):
                    await self._moved.wait()
        except TimeoutError:
            return False
        return True

    def has_read(self, partition: int, offset: int) -> bool:
        """Whether that record of jobs.submitted is in the table."""
        return self.vector.has_seen(Source.SUBMITTED, partition, offset)
