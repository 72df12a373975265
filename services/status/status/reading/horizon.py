"""Asking the cluster how far its topics go, for all at once who want to know.

A replica knows how far it has read, not how far there is to read: whether a job is unknown, or an
id of records that are lost, only the cluster can say.
"""

import asyncio
import logging
from collections.abc import Callable

from anyio import to_thread

from headway.edges import kafka
from status.reading.cluster import Ends

logger = logging.getLogger(__name__)


class Horizon:
    """Used on the event loop only; *ask* is called in a thread, never twice at a time."""

    def __init__(self, ask: Callable[[], Ends]) -> None:
        self._ask = ask
        self._asking: asyncio.Task[Ends | None] | None = None
        self._next: asyncio.Task[Ends | None] | None = None

    async def ends(self) -> Ends | None:
        """How far the topics go at some moment after this call; None if the cluster does not say.

        Whoever comes while a question is under way shares the one after it.
        """
        if self._next is None:
            self._next = asyncio.create_task(self._after(self._asking))
        return await asyncio.shield(self._next)

    async def _after(self, before: asyncio.Task[Ends | None] | None) -> Ends | None:
        if before is not None and not before.done():
            await asyncio.wait({before})
        self._asking, self._next = self._next, None
        try:
            return await to_thread.run_sync(self._ask)
        except kafka.KafkaException as error:
            logger.warning("horizon.unknown", extra={"error": kafka.describe(error)})
            return None
