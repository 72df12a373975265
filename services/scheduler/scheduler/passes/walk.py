"""A walk over the newest states of all jobs of a lane, in bounded memory and gone on with by heirs.

An older state of a job lies before its newest, and compaction may not have come by. So a walk reads
to the end before it does anything: what matched and was not overtaken on the way is done then, in
the order of offsets. Where more match than are kept, it begins again behind them, as often as it
takes. How far it is is kept as the offset behind the last job that was done, in one transaction
with its command: an heir reads on from there, and does nothing twice.
"""

from concurrent.futures import Future
from typing import Final

from scheduler.lane.desk import Desk
from scheduler.lane.job import Job
from scheduler.lane.standing import Run
from scheduler.passes.chunk import Chunk, Walker
from scheduler.passes.errand import Walking

#: Jobs kept between reading and doing.
MOST_KEPT: Final = 10_000


class Walk:
    """Goes on with one *run*, a little a turn; for the loop's thread, which it never blocks."""

    def __init__(self, walking: Walking, walker: Walker, run: Run, *, most: int) -> None:
        self._walking = walking
        self._walker = walker
        self._run = run
        self._most = most
        self._kept: dict[str, Job] = {}
        self._at = run.position
        #: Where the next round begins; None: this one takes all there is.
        self._further: int | None = None
        self._asked: Future[Chunk] | None = None
        self._reading = True

    def overtaken(self, job_id: str, offset: int) -> None:
        """A state of the job at *offset* was heard of."""
        kept = self._kept.get(job_id)
        if kept is not None and offset > kept.offset:
            del self._kept[job_id]

    def turn(self, desk: Desk, most: int) -> int:
        """Go on; do *most* jobs at most. How many were done."""
        if self._reading:
            self._read(desk)
            return 0
        done = 0
        while self._kept and done < most:
            job = self._kept.pop(next(iter(self._kept)))
            self._do(job, desk)
            done += 1
        if not self._kept:
            self._round(desk)
        return done

    def _read(self, desk: Desk) -> None:
        if self._asked is None:
            self._asked = self._walker.read(desk.lane, self._at)
        if not self._asked.done():
            return
        chunk, self._asked = self._asked.result(), None
        for job_id, offset, job in chunk.states:
            self._look(job_id, offset, job, desk.now_ms)
        self._at = chunk.next
        # The lane must not have heard of a later state than the walk has read: it would be missed.
        if chunk.ended and self._at >= desk.read_to:
            self._run.end = self._at if self._run.end < 0 else self._run.end
            self._reading = False

    def _look(self, job_id: str, offset: int, job: Job | None, now_ms: int) -> None:
        self._kept.pop(job_id, None)
        ended = 0 <= self._run.end <= offset
        if job is None or ended or not self._walking.matches(job, now_ms):
            return
        if len(self._kept) < self._most and self._further is None:
            self._kept[job_id] = job
        elif self._further is None:
            self._further = offset

    def _do(self, job: Job, desk: Desk) -> None:
        run = self._run
        run.matched += 1
        if not run.dry:
            self._walking.act(job, desk)
            run.sent += 1
        run.position = job.offset + 1

    def _round(self, desk: Desk) -> None:
        """What was kept is done: all of it, or the walk goes on behind."""
        run = self._run
        run.position = run.end if self._further is None else self._further
        if self._further is None:
            run.finished_at = desk.now_ms
            return
        self._at, self._further, self._reading = self._further, None, True
