"""What a handler sees of its task."""

from headway.base.errors import Abandoned, Cancelled
from headway.base.words import MOST_NOTE_CHARACTERS, bounded
from headway.declared.handler import Job
from headway.declared.pipeline import StageDeclaration
from headway.taking.task import Task


class TaskContext:
    """A handler's `Context`; an assignment of a tuple is all that telling progress costs."""

    __slots__ = ("_declaration", "_job", "_task")

    def __init__(self, task: Task, job: Job, declaration: StageDeclaration) -> None:
        self._task = task
        self._job = job
        self._declaration = declaration

    @property
    def idempotency_key(self) -> str:
        return f"{self._job.job_id}/{self._job.attempt}/{self._declaration.name}"

    def check(self) -> None:
        if self._task.partition.lost:
            raise Abandoned(f"partition {self._task.partition.index} went to another instance")
        held = self._task.partition.jobs.held
        if held.cancels and held.is_cancelled(self._job.job_id, self._job.attempt):
            raise Cancelled(f"attempt {self._job.attempt} of job {self._job.job_id} is cancelled")

    def report(self, fraction: float, note: str = "") -> None:
        self.check()
        percent = self._declaration.percent(float(fraction))
        self._task.progress = (percent, bounded(note, MOST_NOTE_CHARACTERS))
