"""What became of what was asked of a job, as far as is known. Pure.

The stage that a command is for answers it. A cancel is answered by the job itself: every stage
hears it, and the one that holds the job ends it, or has ended it before.
"""

from typing import Any, Final

from headway.wire.commands import CANCEL
from status.table.asked import Asked, Job

JsonObject = dict[str, Any]

REQUESTED: Final = "requested"
ACCEPTED: Final = "accepted"
REFUSED: Final = "refused"
LATE: Final = "late"


def command_of(job: Job, cancelled: str) -> JsonObject | None:
    """The newest command for *job* as it is shown; *cancelled* is the status of one that was."""
    asked = job.asked
    if asked is None:
        return None
    state, reason = _cancelled(job, asked, cancelled) if asked.kind == CANCEL else _became(asked)
    return {
        "command_id": asked.command_id,
        "kind": asked.kind,
        "attempt": asked.attempt,
        "by": asked.by,
        "state": state,
        "reason": reason,
    }


def _became(asked: Asked) -> tuple[str, str | None]:
    if asked.accepted is None:
        return REQUESTED, None
    return ACCEPTED if asked.accepted else REFUSED, asked.reason or None


def _cancelled(job: Job, asked: Asked, cancelled: str) -> tuple[str, str | None]:
    row = job.row
    if row.attempt < asked.attempt or (row.attempt == asked.attempt and not row.over):
        return REQUESTED, None
    if row.attempt > asked.attempt:
        return LATE, f"Attempt {row.attempt} had begun before it was heard."
    if row.status == cancelled:
        return ACCEPTED, None
    return LATE, f"The job was {row.status} before it was heard."
