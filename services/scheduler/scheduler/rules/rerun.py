"""Jobs that failed are sent back later, however long after the stage has given them up."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from headway.wire.commands import RETRY
from scheduler.lane.job import Job
from scheduler.pending.item import Item
from scheduler.rules.rule import Named
from scheduler.rules.waiting import Waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """After the delays (ms) in turn, the last one repeated, *times* at most.

    Nothing is due later than *within_ms* after the first of the failures in a row. *stages* and
    *errors* (classes) are those meant; empty: any.
    """

    after_ms: tuple[int, ...]
    times: int
    within_ms: int
    stages: frozenset[str] = frozenset()
    errors: frozenset[str] = frozenset()


class Rerun(Waiting):
    """FAILED jobs of whose input the stage says that it may succeed."""

    command = RETRY

    def __init__(self, named: Named, again: Again, failed: str) -> None:
        """*failed* is the status."""
        super().__init__(named)
        self._again = again
        self._failed = failed

    def wants(self, job: Job) -> Item | None:
        again, error = self._again, job.error
        if job.status != self._failed or error is None or not _can_be_sent_back(error):
            return None
        if again.stages and job.stage not in again.stages:
            return None
        if again.errors and job.error_class not in again.errors:
            return None
        failures, since = _in_a_row(job, self._failed)
        if failures > again.times:
            return None
        due_at = job.updated_at + again.after_ms[min(failures, len(again.after_ms)) - 1]
        if due_at > since + again.within_ms:
            return None
        return Item(due_at, job.job_id, self.name, job.attempt, job.stage)


def _can_be_sent_back(error: Mapping[str, Any]) -> bool:
    return bool(error["retry_available"]) and error["dead_letter"] is not None


def _in_a_row(job: Job, failed: str) -> tuple[int, int]:
    """How many attempts have failed one after the other up to this one, and when the first did."""
    ends: dict[int, tuple[str, int]] = {}
    for step in job.state["timeline"]:
        ends[step["attempt"]] = step["status"], step["at"]
    failures, since = 1, job.updated_at
    for attempt in range(job.attempt - 1, 0, -1):
        status, at = ends.get(attempt, ("", 0))
        if status != failed:
            break
        failures, since = failures + 1, at
    return failures, since
