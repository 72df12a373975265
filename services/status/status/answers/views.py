"""Jobs as JSON, the one form in which REST and events show them."""

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, Protocol
from urllib.parse import quote

from headway.base.clock import Clock, SystemClock
from headway.base.errors import DecodeError
from headway.declared.pipeline import Pipeline
from headway.wire.codec import Codec
from status.answers.attempts import attempts_of
from status.answers.command import command_of
from status.table.asked import Job
from status.table.position import place_of
from status.table.row import Row

logger = logging.getLogger(__name__)

JsonObject = dict[str, Any]

_EPOCH: Final = datetime.fromtimestamp(0, UTC)


class Expect(Protocol):
    """What a row's job has before it, as JSON; it came to its status at *began* (ms), if known."""

    def __call__(self, row: Row, began: int | None = None) -> Mapping[str, object]: ...


def _unexpected(row: Row, began: int | None = None) -> Mapping[str, object]:
    """Where nobody looks ahead."""
    del row, began
    return {"queue_position": None, "eta_seconds": None}


class Views:
    """Renders jobs; stateless, so safe to share by threads."""

    def __init__(
        self,
        codec: Codec,
        pipeline: Pipeline,
        *,
        asked_ms: int = -1,
        clock: Clock | None = None,
        expect: Expect = _unexpected,
    ) -> None:
        """*asked_ms* is for how long it is told what was asked of a job; -1: for ever.

        A replica that is rebuilt finds no command that is older than its topic keeps.
        """
        self._codec = codec
        self._pipeline = pipeline
        self._ends = (pipeline.failed, pipeline.cancelled)
        self._waiting = (pipeline.retry_scheduled, pipeline.scheduled)
        self._asked_ms = asked_ms
        self._clock = clock or SystemClock()
        self._expect = expect

    def status(self, job: Job) -> JsonObject:
        """The short answer: where the job stands."""
        return self._standing(job.row)

    def summary(self, job: Job) -> JsonObject:
        """A job in a list: everything but its timeline."""
        return self._job(job, self._state(job.row))

    def detail(self, job: Job) -> JsonObject:
        """Everything a user may know of a job."""
        state = self._state(job.row)
        steps = [_step(step) for step in state["timeline"]]
        attempts = attempts_of(steps, job.row.attempt, state["error"], self._ends)
        return self._job(job, state) | {"timeline": steps, "attempts": attempts}

    def files(self, job: Job) -> list[JsonObject]:
        """What the job's state says of its files, object keys included."""
        return list(self._state(job.row)["result"])

    def _standing(self, row: Row, began: int | None = None) -> JsonObject:
        # The last run's note says nothing of a job that waits.
        waits = row.status in self._waiting
        return {
            "job_id": row.job_id,
            "status": row.status,
            "progress": row.progress,
            "note": "" if waits else row.note,
            "attempt": row.attempt,
            **self._expect(row, began),
        }

    def _job(self, job: Job, state: JsonObject) -> JsonObject:
        row = job.row
        path = f"/jobs/{quote(row.job_id, safe='')}"
        due_at = state["due_at"]
        return {
            **self._standing(row, state["updated_at"]),
            "title": row.title,
            "tags": row.tags.split(),
            "stage": state["stage"],
            "partition": place_of(row.origin)[1],
            "state_offset": None if row.state is None else place_of(row.origin)[2],
            "terminal": state["terminal"],
            "submitted_at": iso(row.submitted_at),
            "updated_at": iso(state["updated_at"]),
            "due_at": None if due_at is None else iso(due_at),
            "tries": state["tries"],
            "held": state["held"],
            "error": state["error"],
            "command": command_of(self._recent(job), self._pipeline.cancelled),
            "result": [_file(path, file) for file in state["result"]],
            "links": {
                "self": path,
                "status": f"{path}/status",
                "events": f"{path}/events",
                "dashboard": f"/#{path}",
            },
        }

    def _recent(self, job: Job) -> Job:
        """*job* without what was asked of it longer ago than is told."""
        if job.asked is None or self._asked_ms < 0:
            return job
        told_since = self._clock.now_ms() - self._asked_ms
        return job if job.asked.at >= told_since else Job(job.row)

    def _state(self, row: Row) -> JsonObject:
        """The state's record; what can be told without it where there is none."""
        if row.state is not None:
            try:
                return self._codec.decode(row.state, "job-state")
            except DecodeError as error:
                # Its head was readable, or there would be no row.
                logger.warning("state.cut_off", extra={"job_id": row.job_id, "error": str(error)})
        queued = self._pipeline.queued.name
        at = row.submitted_at
        steps = [{"status": queued, "at": at, "attempt": row.attempt, "detail": None}]
        return {
            "terminal": False,
            "updated_at": at,
            "timeline": steps,
            "error": None,
            "result": [],
            "due_at": None,
            "tries": 0,
            "held": None,
            "stage": "",
        }


def to_json(value: JsonObject) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def iso(ms: int) -> str:
    """ISO 8601 in UTC with milliseconds; the epoch itself for a time outside the calendar."""
    try:
        moment = datetime.fromtimestamp(ms / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        moment = _EPOCH
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _step(step: JsonObject) -> JsonObject:
    return {
        "status": step["status"],
        "at": iso(step["at"]),
        "attempt": step["attempt"],
        "detail": step["detail"],
    }


def _file(path: str, file: JsonObject) -> JsonObject:
    return {
        "name": file["name"],
        "media_type": file["media_type"],
        "size_bytes": file["size_bytes"],
        "href": f"{path}/files/{quote(file['name'], safe='')}",
    }
