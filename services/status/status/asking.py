"""What every route asks of the table, and when it may: an answer is never older than promised."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from anyio import to_thread
from starlette.requests import Request

from status.params import After, after_in
from status.query import Snapshot, Table
from status.refusal import Refusal
from status.row import Row
from status.tide import Tide

T = TypeVar("T")

#: How long a read waits for the write it follows.
_AFTER_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Used on the event loop; the table is read in threads."""

    table: Table
    tide: Tide

    async def read(self, request: Request, ask: Callable[[Snapshot], T]) -> T:
        """What *ask* finds in a snapshot that is as new as the request wants.

        Raises:
            Refusal: the table does not know yet, or a parameter does not fit.
        """
        await self.wait(request)
        return await to_thread.run_sync(self._ask, ask)

    async def job(self, request: Request) -> Row:
        """The row of the job in the request's path.

        Raises:
            Refusal: there is no such job, or it is not known yet whether there is.
        """
        job_id: str = request.path_params["job_id"]
        row = await self.read(request, functools.partial(Snapshot.job, job_id=job_id))
        if row is not None and not row.gone:
            return row
        if not self.tide.caught_up:
            raise Refusal.too_early(f"It is not known yet whether there is a job {job_id!r}.")
        raise Refusal.unknown_job(job_id)

    async def wait(self, request: Request) -> None:
        """Wait until the table may be asked and has read what `?after=` names.

        Raises:
            Refusal: it has not within 5 s, or is still being built.
        """
        after = after_in(request.query_params, self.table.partitions)
        if after and not await self.tide.until(functools.partial(_has, after), _AFTER_SECONDS):
            detail = f"Record {after.partition}:{after.offset} has not been read within 5 s."
            raise Refusal.too_early(detail)
        if not self.tide.complete:
            raise Refusal.too_early("The table of jobs is being built from Kafka.")

    def _ask(self, ask: Callable[[Snapshot], T]) -> T:
        with self.table.snapshot() as snapshot:
            return ask(snapshot)


def _has(after: After, tide: Tide) -> bool:
    return tide.complete and tide.has_read(after.partition, after.offset)
