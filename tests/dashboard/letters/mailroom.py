"""The dead letters a test puts on the page, and the commands that the page gives."""

import base64
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from dashboard.board import Board, JobDict, iso

#: What a letter shows of its value.
MOST_BYTES: Final = 64 * 1024
_TOPIC_SUFFIX: Final = ".dlq"


@dataclass(frozen=True, slots=True)
class Command:
    """What was asked of a job; `key` is the request's, none in bulk."""

    kind: str
    job_id: str
    attempt: int
    stage: str
    key: str | None = None


@dataclass
class Mailroom:
    """Changed from the test's thread, read from the server's; letters are kept oldest first."""

    board: Board
    commands: list[Command] = field(default_factory=list)
    bulk: list[JobDict] = field(default_factory=list)
    _letters: list[JobDict] = field(default_factory=list)
    _opened: dict[int, JobDict] = field(default_factory=dict)

    def put(
        self,
        job_id: str | None,
        message: str = "Row 3 is ragged.",
        *,
        stage: str = "p1",
        error_class: str = "PermanentError",
        age_seconds: float = 0,
        retry_available: bool | None = True,
        **more: Any,
    ) -> JobDict:
        letter = {
            "topic": f"{stage}{_TOPIC_SUFFIX}",
            "partition": 0,
            "offset": len(self._letters),
            "job_id": job_id,
            "attempt": 1,
            "stage": stage,
            "error_class": error_class,
            "message": message,
            "failed_at": iso(datetime.now(UTC) - timedelta(seconds=age_seconds)),
            "size_bytes": 42,
            "claim": None,
            "redrivable": bool(retry_available),
            "retry_available": retry_available,
            **more,
        }
        self._letters.append(letter)
        return letter

    def fail(self, title: str, message: str, **more: Any) -> JobDict:
        """A job that failed by a letter, which may be redriven."""
        job_id = self.board.submit(title)
        letter = self.put(job_id, message, **more)
        self.board.fail(job_id, message, letter=letter)
        return letter

    def fill(self, letter: JobDict, value: bytes, headers: Mapping[str, str | bytes]) -> None:
        """What the letter holds."""
        letter["size_bytes"] = len(value)
        self._opened[letter["offset"]] = {
            "headers": [[name, _told(text)] for name, text in headers.items()],
            "value": base64.b64encode(value[:MOST_BYTES]).decode(),
            "cut": len(value) > MOST_BYTES,
        }

    def page(self, where: Mapping[str, str], limit: int, cursor: str | None) -> JobDict:
        """The answer to GET /dead-letters; its cursor is the last offset of the page before."""
        found = [letter for letter in reversed(self._letters) if _matches(letter, where)]
        left = [letter for letter in found if not cursor or letter["offset"] < int(cursor)]
        items = left[:limit]
        more = str(items[-1]["offset"]) if len(left) > limit else None
        return {"items": items, "total": len(found), "next_cursor": more}

    def summary(self) -> JobDict:
        numbers = Counter((it["stage"], it["error_class"]) for it in self._letters)
        counts = [
            {"stage": stage, "error_class": error_class, "count": count}
            for (stage, error_class), count in numbers.items()
        ]
        return {"total": len(self._letters), "counts": counts}

    def open(self, topic: str, offset: int) -> JobDict | None:
        for letter in self._letters:
            if (letter["topic"], letter["offset"]) == (topic, offset):
                nothing: JobDict = {"headers": [], "value": None, "cut": False}
                return letter | self._opened.get(offset, nothing)
        return None

    def command(self, command: Command) -> JobDict:
        """The gateway's receipt; the job says that it was asked."""
        self.commands.append(command)
        command_id = command.key or f"{command.kind}:{command.job_id}:{command.attempt}"
        receipt = {"command_id": command_id, "kind": command.kind, "attempt": command.attempt}
        if self.board.job(command.job_id):
            told = {**receipt, "by": "gateway", "state": "requested", "reason": None}
            self.board.tell(command.job_id, command=told)
        return {**receipt, "job_id": command.job_id, "links": {}}

    def retry_many(self, wish: JobDict) -> JobDict:
        """The answer to POST /jobs/retry."""
        self.bulk.append(wish)
        ids = wish["filter"].get("job_ids")
        page = self._chosen(ids) if ids else self._of_filter(wish)
        if not wish["dry_run"]:
            for item in page["items"]:
                self.command(Command("retry", item["job_id"], item["attempt"], item["stage"]))
        commanded = 0 if wish["dry_run"] else len(page["items"])
        return {"commanded": commanded, "dry_run": wish["dry_run"], **page}

    def _of_filter(self, wish: JobDict) -> JobDict:
        where = wish["filter"] | {"redrivable": "true"}
        page = self.page(where, wish["limit"], wish["cursor"])
        items = [_item(letter) for letter in page["items"]]
        cursor = page["next_cursor"]
        return {"matched": page["total"], "items": items, "skipped": [], "next_cursor": cursor}

    def _chosen(self, ids: Collection[str]) -> JobDict:
        fit = {it["job_id"]: it for it in self._letters if it["redrivable"]}
        reason = "The job is COMPLETED: only one that failed is retried."
        skipped = [{"job_id": job_id, "reason": reason} for job_id in ids if job_id not in fit]
        items = [_item(fit[job_id]) for job_id in ids if job_id in fit]
        return {"matched": len(ids), "items": items, "skipped": skipped, "next_cursor": None}


def _item(letter: JobDict) -> JobDict:
    told = {name: letter[name] for name in ("job_id", "attempt", "stage", "error_class")}
    return told | {"command_id": f"retry:{letter['job_id']}:{letter['attempt']}"}


def _matches(letter: JobDict, where: Mapping[str, str]) -> bool:
    same = all(letter[name] == where.get(name, letter[name]) for name in ("stage", "error_class"))
    after = where.get("since", "") <= letter["failed_at"] <= where.get("until", "~")
    return same and after and (letter["redrivable"] or "redrivable" not in where)


def _told(value: str | bytes) -> str | dict[str, str]:
    if isinstance(value, str):
        return value
    return {"base64": base64.b64encode(value).decode()}
