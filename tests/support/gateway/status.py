"""The status service as the gateway asks it, in memory."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.commanding.statusservice import StatusService
from gateway.receiving.refusals import Kind, Refusal


@dataclass
class FakeStatus(StatusService):
    """Knows jobs by id, and answers pages of dead letters in the order they are given."""

    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    pages: list[dict[str, Any]] = field(default_factory=list)
    asked: list[Mapping[str, str]] = field(default_factory=list)
    #: The rules of the schedules.
    known: list[str] = field(default_factory=list)
    away: Refusal | None = None

    async def job(self, job_id: str) -> Mapping[str, Any]:
        if self.away:
            raise self.away
        if job_id not in self.jobs:
            raise Refusal(Kind.JOB_UNKNOWN, f"no job {job_id}")
        return self.jobs[job_id]

    async def letters(self, where: Mapping[str, str]) -> Mapping[str, Any]:
        if self.away:
            raise self.away
        self.asked.append(where)
        return self.pages[min(len(self.asked), len(self.pages)) - 1]

    async def rules(self) -> Collection[str]:
        if self.away:
            raise self.away
        return self.known

    def failed(self, job_id: str, *, attempt: int = 1, stage: str = "p2", place: int = 3) -> None:
        """Let *job_id* have failed, with a dead letter in partition *place*."""
        error = {
            "stage": stage,
            "error_class": "StoreUnavailable",
            "message": "away",
            "retry_available": True,
            "dead_letter": {"topic": f"{stage}.dlq", "partition": place, "offset": 0},
        }
        self._put(job_id, "FAILED", attempt=attempt, terminal=True, error=error)

    def is_at(self, job_id: str, status: str, *, terminal: bool = False, **more: object) -> None:
        """Let *job_id* stand at *status*."""
        told = {"attempt": 1, "terminal": terminal, "error": None, "stage": "", "partition": 0}
        self._put(job_id, status, **told | more)

    def _put(self, job_id: str, status: str, **more: object) -> None:
        self.jobs[job_id] = {"job_id": job_id, "status": status, **more}


def letter(job_id: str, *, attempt: int = 1, partition: int = 3) -> dict[str, Any]:
    """An item of a page of dead letters."""
    return {
        "topic": "p2.dlq",
        "partition": partition,
        "offset": 0,
        "job_id": job_id,
        "attempt": attempt,
        "stage": "p2",
        "error_class": "StoreUnavailable",
        "message": "away",
        "redrivable": True,
    }
