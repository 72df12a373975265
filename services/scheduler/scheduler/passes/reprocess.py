"""Jobs that are over are done again, from the stage asked for."""

from headway.wire.commands import REPROCESS
from scheduler.lane.desk import Desk
from scheduler.lane.job import Job
from scheduler.passes.quiet import Quiet
from scheduler.passes.where import Where


class Reprocess(Quiet):
    """Opens the next attempt at every job that *where* takes, in *from_stage*."""

    def __init__(self, where: Where, from_stage: str) -> None:
        self._where = where
        self._from_stage = from_stage

    def matches(self, job: Job, now_ms: int) -> bool:
        return self._where.takes(job, now_ms)

    def act(self, job: Job, desk: Desk) -> None:
        desk.command(
            REPROCESS,
            job.job_id,
            job.attempt,
            stage=job.stage,
            from_stage=self._from_stage,
            state_offset=job.offset,
        )
