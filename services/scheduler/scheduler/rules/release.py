"""Jobs submitted for later begin when their time has come."""

from typing import Final

from headway.wire.commands import RELEASE
from scheduler.lane.job import Job
from scheduler.pending.item import Item
from scheduler.rules.rule import Named
from scheduler.rules.waiting import Waiting

NAME: Final = "submitted-for-later"
#: What a state says of a job that is held until its time.
_NOT_BEFORE: Final = "not before"


class Release(Waiting):
    """SCHEDULED jobs that have a time of their own; those of a window begin with that."""

    command = RELEASE

    def __init__(self, scheduled: str) -> None:
        """*scheduled* is the status."""
        super().__init__(
            Named(
                name=NAME,
                kind="release",
                about="Jobs submitted for later begin when their time has come.",
            )
        )
        self._scheduled = scheduled

    def wants(self, job: Job) -> Item | None:
        due_at = job.state["due_at"]
        if job.status != self._scheduled or job.state["held"] != _NOT_BEFORE or due_at is None:
            return None
        return Item(due_at, job.job_id, self.name, job.attempt, job.stage)
