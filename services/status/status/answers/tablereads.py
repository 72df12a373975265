"""What every route asks of the table, and when it may: an answer is never older than promised."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from anyio import to_thread
from starlette.requests import Request

from status.answers.params import After, after_in
from status.answers.query import Snapshot, Table
from status.answers.refusal import Refusal
from status.reading.horizon import Horizon
from status.table.asked import Job
from status.table.freshness import Freshness
from status.table.position import Position

T = TypeVar("T")

#: How long a read waits for the write it follows.
_AFTER_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TableReads:
    """Used on the event loop; the table is read in threads."""

    table: Table
    freshness: Freshness
    horizon: Horizon

    async def read(self, request: Request, ask: Callable[[Snapshot], T]) -> T:
        """What *ask* finds in a snapshot that is as new as the request wants.

        Raises:
            Refusal: the table does not know yet, or a parameter does not fit.
        """
        await self.wait(request)
        return await self._look(ask)

    async def job(self, request: Request) -> Job:
        """The job in the request's path.

        Raises:
            Refusal: there is no such job, or it is not known yet whether there is.
        """
        job_id: str = request.path_params["job_id"]
        look = functools.partial(Snapshot.job, job_id=job_id)
        job = await self.read(request, look)
        if job is not None and not job.gone:
            return job
        # It may be that this replica has not read of it yet.
        if not await self.horizon_reached():
            raise Refusal.too_early(f"It is not known yet whether there is a job {job_id!r}.")
        job = await self._look(look)
        if job is None or job.gone:
            raise Refusal.unknown_job(job_id)
        return job

    async def horizon_reached(self) -> bool:
        """Wait until the table has all that Kafka had acknowledged when this was called.

        False if it has not within 5 s, or Kafka does not say how far that is.
        """
        ends = await self.horizon.ends()
        if ends is None:
            return False
        position = Position.at(ends.epoch, ends.acknowledged)
        return await self.freshness.until(functools.partial(_has_come_to, position), _AFTER_SECONDS)

    async def wait(self, request: Request) -> None:
        """Wait until the table may be asked and has read what `?after=` names.

        Raises:
            Refusal: it has not within 5 s, or is still being built.
        """
        after = after_in(request.query_params, self.table.partitions)
        if after and not await self.freshness.until(functools.partial(_has, after), _AFTER_SECONDS):
            detail = f"Record {after.partition}:{after.offset} has not been read within 5 s."
            raise Refusal.too_early(detail)
        if not self.freshness.complete:
            raise Refusal.too_early("The table of jobs is being built from Kafka.")

    async def _look(self, ask: Callable[[Snapshot], T]) -> T:
        emptied = self.freshness.emptied
        found = await to_thread.run_sync(self._ask, ask)
        # What was read while the table was being emptied would be "unknown job" for a known one.
        if self.freshness.emptied != emptied:
            raise Refusal.too_early("The table of jobs is being made anew.")
        return found

    def _ask(self, ask: Callable[[Snapshot], T]) -> T:
        with self.table.snapshot() as snapshot:
            return ask(snapshot)


def _has_come_to(position: Position, freshness: Freshness) -> bool:
    same = freshness.position.base == position.base
    return same and freshness.complete and freshness.vector.covers(position.seen)


def _has(after: After, freshness: Freshness) -> bool:
    return freshness.complete and freshness.has_read(after.partition, after.offset)
