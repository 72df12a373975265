"""Jobs as JSON, the one form in which REST and events show them."""

import json
import logging
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

from headway.base.errors import DecodeError
from headway.declared.pipeline import Pipeline
from headway.wire.codec import Codec
from status.table.row import Row

logger = logging.getLogger(__name__)

JsonObject = dict[str, Any]

_EPOCH: Final = datetime.fromtimestamp(0, UTC)


class Views:
    """Renders rows; stateless, so safe to share by threads."""

    def __init__(self, codec: Codec, pipeline: Pipeline) -> None:
        self._codec = codec
        self._queued = pipeline.queued.name

    def status(self, row: Row) -> JsonObject:
        """The short answer: where the job stands."""
        return {
            "job_id": row.job_id,
            "status": row.status,
            "progress": row.progress,
            "note": row.note,
            "attempt": row.attempt,
        }

    def summary(self, row: Row) -> JsonObject:
        """A job in a list: everything but its timeline."""
        return self._job(row, self._state(row))

    def detail(self, row: Row) -> JsonObject:
        """Everything a user may know of a job."""
        state = self._state(row)
        return self._job(row, state) | {"timeline": [_step(step) for step in state["timeline"]]}

    def files(self, row: Row) -> list[JsonObject]:
        """What the job's state says of its files, object keys included."""
        return list(self._state(row)["result"])

    def _job(self, row: Row, state: JsonObject) -> JsonObject:
        path = f"/jobs/{quote(row.job_id, safe='')}"
        return {
            "job_id": row.job_id,
            "title": row.title,
            "status": row.status,
            "progress": row.progress,
            "note": row.note,
            "attempt": row.attempt,
            "terminal": state["terminal"],
            "submitted_at": iso(row.submitted_at),
            "updated_at": iso(state["updated_at"]),
            "error": state["error"],
            "result": [_file(path, file) for file in state["result"]],
            "links": {
                "self": path,
                "status": f"{path}/status",
                "events": f"{path}/events",
                "dashboard": f"/#{path}",
            },
        }

    def _state(self, row: Row) -> JsonObject:
        """The state's record; what can be told without it where there is none."""
        if row.state is not None:
            try:
                return self._codec.decode(row.state, "job-state")
            except DecodeError as error:
                # Its head was readable, or there would be no row.
                logger.warning("state.cut_off", extra={"job_id": row.job_id, "error": str(error)})
        steps = [{"status": self._queued, "at": row.submitted_at, "attempt": row.attempt}]
        return {
            "terminal": False,
            "updated_at": row.submitted_at,
            "timeline": steps,
            "error": None,
            "result": [],
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
    return {"status": step["status"], "at": iso(step["at"]), "attempt": step["attempt"]}


def _file(path: str, file: JsonObject) -> JsonObject:
    return {
        "name": file["name"],
        "media_type": file["media_type"],
        "size_bytes": file["size_bytes"],
        "href": f"{path}/files/{quote(file['name'], safe='')}",
    }
