"""The bytes of the records that status reads."""

import itertools
from typing import Any

from headway.wire.codec import Codec

START_MS = 1_760_000_000_000
#: Every state a job runs through, with stage index and step.
STEPS = {
    "PROCESS_1_RUNNING": (30, 1, 0),
    "PROCESS_1_DONE": (50, 1, 1),
    "PROCESS_2_RUNNING": (70, 2, 0),
    "COMPLETED": (100, 2, 1),
}
_WAITING = {"RETRY_SCHEDULED": (30, 1, 0), "SCHEDULED": (30, 1, 0)}
#: A file that a finished job may have.
SHEET_KEY = "jobs/a/p2/report.xlsx"
SHEET = {
    "name": "report.xlsx",
    "media_type": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "key": SHEET_KEY,
    "size_bytes": 3,
}


def a_step(status: str, at: int, attempt: int = 1, detail: str | None = None) -> dict[str, Any]:
    """One step of a timeline."""
    return {"status": status, "at": at, "attempt": attempt, "detail": detail}


class Records:
    """The bytes of records, with whatever a test does not care about filled in."""

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self._clock = itertools.count(START_MS)

    def submission(self, job_id: str, **fields: Any) -> bytes:
        source = {"content": b"a,b\n1,2\n"}
        value = {"job_id": job_id, "title": "data.csv", "delimiter": None, "source": source}
        return self._codec.encode("job-submitted", value | fields)

    def state(self, job_id: str, status: str, **fields: Any) -> bytes:
        progress, stage_index, step = (STEPS | _WAITING).get(status, (30, 1, 1))
        at = next(self._clock)
        value = {
            "job_id": job_id,
            "attempt": 1,
            "title": "data.csv",
            "submitted_at": START_MS,
            "submitted_offset": 0,
            "timeline": [a_step("QUEUED", START_MS), a_step(status, at)],
            "updated_at": at,
            "stage_index": stage_index,
            "step": step,
            "terminal": status in {"COMPLETED", "FAILED", "CANCELLED"},
            "status": status,
            "progress": progress,
            "stage": f"p{stage_index}",
            "error": None,
            "result": [],
            "due_at": None,
            "tries": 0,
            "waits_at": None,
            "held": None,
        }
        return self._codec.encode("job-state", value | fields)

    def report(self, job_id: str, progress: int, **fields: Any) -> bytes:
        value = {
            "job_id": job_id,
            "attempt": 1,
            "stage_index": 1,
            "progress": progress,
            "note": f"at {progress}",
            "at": next(self._clock),
        }
        return self._codec.encode("job-progress", value | fields)

    def command(self, job_id: str, kind: str, **fields: Any) -> bytes:
        value = {"command_id": f"{kind} {job_id}", "kind": kind, "job_id": job_id, "attempt": 1}
        return self._codec.encode("job-command", value | {"stage": "", "by": "ann"} | fields)

    def result(self, job_id: str, command_id: str, *, accepted: bool, **fields: Any) -> bytes:
        value = {
            "command_id": command_id,
            "kind": "retry",
            "job_id": job_id,
            "attempt": 1,
            "accepted": accepted,
            "reason": "",
            "stage": "p1",
            "at": next(self._clock),
        }
        return self._codec.encode("command-result", value | fields)
