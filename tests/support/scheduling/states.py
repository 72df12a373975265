"""States of jobs as stages say them: fields as a test wants them."""

from collections.abc import Sequence
from typing import Any

from support.kafka.messages import SUBMITTED_AT

from headway.wire.codec import Codec
from headway.wire.envelope import step_of
from scheduler.lane.job import Job

_CODEC = Codec()


def state(job_id: str = "job-1", status: str = "COMPLETED", **changed: Any) -> Any:
    """A decoded job-state; by itself of a job that is over, in its first attempt."""
    attempt = changed.get("attempt", 1)
    at = changed.get("updated_at", SUBMITTED_AT)
    value: dict[str, Any] = {
        "job_id": job_id,
        "attempt": attempt,
        "order_key": None,
        "tags": [],
        "sources": [0],
        "title": "data.csv",
        "submitted_at": SUBMITTED_AT,
        "submitted_offset": 0,
        "timeline": [step_of(status, attempt, at)],
        "updated_at": at,
        "stage_index": 1,
        "step": 1,
        "terminal": status in {"COMPLETED", "FAILED", "CANCELLED"},
        "status": status,
        "progress": 30,
        "stage": "p1",
        "error": None,
        "result": [],
        "due_at": None,
        "tries": 0,
        "since": None,
        "waits_at": None,
        "held": None,
    }
    return value | changed


def failed(job_id: str = "job-1", **changed: Any) -> Any:
    """The state of a job that failed and may be sent back."""
    error = {
        "stage": changed.get("stage", "p1"),
        "error_class": changed.pop("error_class", "StoreUnavailable"),
        "message": "It is away.",
        "retry_available": changed.pop("retry_available", True),
        "dead_letter": {"topic": "p1.dlq", "partition": 0, "offset": 3},
    }
    return state(job_id, "FAILED", **({"error": error} | changed))


def held(job_id: str = "job-1", due_at: int = SUBMITTED_AT, **changed: Any) -> Any:
    """The state of a job that was submitted for later."""
    told = {"due_at": due_at, "held": "not before", "terminal": False}
    return state(job_id, "SCHEDULED", **(told | changed))


def failures(*ends: int) -> list[dict[str, Any]]:
    """A timeline of as many attempts, each FAILED at its time (ms)."""
    return [step_of("FAILED", number, at) for number, at in enumerate(ends, 1)]


def job(value: dict[str, Any], offset: int = 0) -> Job:
    """As the scheduler reads it."""
    return Job(offset, value)


def encoded(value: dict[str, Any]) -> bytes:
    """As it stands in the topic."""
    return _CODEC.encode("job-state", value)


def newest(values: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Of each job the last one."""
    return {value["job_id"]: value for value in values}
