"""The jobs a test puts on the page, and every change to them as a numbered event."""

import asyncio
import json
import threading
import uuid
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

JobDict = dict[str, Any]

#: What a list says of a job; GET /jobs/{id} says everything.
_NOT_IN_LISTS: Final = {"timeline", "attempts", "result"}
_FINAL: Final = {"COMPLETED", "FAILED", "CANCELLED"}
HTML: Final = "text/html; charset=utf-8"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class Event:
    """One change of one job; `position` is its SSE id."""

    position: str
    job: JobDict


@dataclass
class Board:
    """Changed from the test's thread, read from the server's."""

    epoch: str = field(default_factory=lambda: uuid.uuid4().hex[:8])
    pauses: list[JobDict] = field(default_factory=list)
    #: What else is told beside the jobs, by the name of its event.
    beside: dict[str, JobDict] = field(default_factory=dict)
    _jobs: dict[str, tuple[int, JobDict]] = field(default_factory=dict)
    _changes: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _readers: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = field(default_factory=list)

    def submit(self, title: str, *, age_seconds: float = 0, tags: Iterable[str] = ()) -> str:
        at = iso(datetime.now(UTC) - timedelta(seconds=age_seconds))
        job_id = str(uuid.uuid4())
        job: JobDict = {
            "job_id": job_id,
            "title": title,
            "tags": list(tags),
            "stage": "",
            "held": None,
            "status": "QUEUED",
            "progress": 0,
            "note": "",
            "attempt": 1,
            "terminal": False,
            "submitted_at": at,
            "updated_at": at,
            "timeline": [{"status": "QUEUED", "at": at, "attempt": 1}],
            "error": None,
            "result": [],
            "links": {},
        }
        self._write(job)
        return job_id

    def move(self, job_id: str, status: str, progress: int, **more: Any) -> None:
        """Writes what is given, backwards steps too; a new status becomes a step of its own."""
        job = dict(self._jobs[job_id][1])
        at = iso(datetime.now(UTC))
        if status != job["status"]:
            step = {"status": status, "at": at, "attempt": more.get("attempt", job["attempt"])}
            job["timeline"] = [*job["timeline"], step | {"detail": more.pop("detail", None)}]
        change = {"status": status, "progress": progress, "updated_at": at, "due_at": None}
        change["held"] = None
        self._write({**job, **change, "terminal": status in _FINAL, **more})

    def tell(self, job_id: str, **more: Any) -> None:
        """Something new of a job that moves no further by it."""
        self._write({**self._jobs[job_id][1], **more})

    def postpone(self, job_id: str, seconds: float, **more: Any) -> None:
        """To be tried again in *seconds*."""
        due_at = iso(datetime.now(UTC) + timedelta(seconds=seconds))
        error = {
            "stage": "p1",
            "error_class": "StoreUnavailable",
            "message": "The object store does not answer.",
            "retry_available": True,
            "dead_letter": None,
        }
        told: JobDict = {"due_at": due_at, "tries": 1, "error": error, **more}
        self.move(job_id, "RETRY_SCHEDULED", 30, **told)

    def hold(self, job_id: str, seconds: float | None, **more: Any) -> None:
        """For *seconds*, or until nobody knows when; for a window unless *more* says otherwise."""
        due_at = None if seconds is None else iso(datetime.now(UTC) + timedelta(seconds=seconds))
        told: JobDict = {"due_at": due_at, "held": "window", "stage": "p2", **more}
        self.move(job_id, "SCHEDULED", 50, **told)

    def pause(self, *pauses: JobDict) -> None:
        """What holds stages back from now on."""
        self.pauses = list(pauses)
        self._wake()

    def say(self, about: str, **what: Any) -> None:
        """An event that is told beside the jobs, to everyone."""
        self.beside = {**self.beside, about: what}
        self._wake()

    def complete(self, job_id: str) -> None:
        files = [("report.html", HTML, 48_213), ("report.xlsx", XLSX, 9_120)]
        result = [
            {"name": name, "media_type": kind, "size_bytes": size, "href": _href(job_id, name)}
            for name, kind, size in files
        ]
        self.move(job_id, "COMPLETED", 100, result=result, stage="p2")

    def fail(self, job_id: str, message: str, letter: JobDict | None = None) -> None:
        """By *letter*, which may be redriven; or by one that the same file would become again."""
        place = letter or {"topic": "p1.dlq", "partition": 3, "offset": 17}
        error = {
            "stage": place.get("stage", "p1"),
            "error_class": place.get("error_class", "PermanentError"),
            "message": message,
            "retry_available": place.get("retry_available", False),
            "dead_letter": {name: place[name] for name in ("topic", "partition", "offset")},
        }
        self.move(job_id, "FAILED", 30, error=error, stage=error["stage"])

    def delete(self, job_id: str) -> None:
        self._write({"job_id": job_id, "gone": True})

    @property
    def position(self) -> str:
        return f"{self.epoch}:{self._changes}"

    def job(self, job_id: str) -> JobDict | None:
        found = self._jobs.get(job_id)
        return found[1] if found and "gone" not in found[1] else None

    def page(
        self, statuses: Collection[str], q: str, start: int, limit: int, *, tag: str = ""
    ) -> JobDict:
        """The answer to GET /jobs; its cursor is how many jobs the pages before it held."""
        with self._lock:
            jobs = [job for _, job in self._jobs.values() if "gone" not in job]
            position = self.position
        counts = Counter(job["status"] for job in jobs)
        jobs = [job for job in jobs if _matches(job, statuses, q) and tag in ["", *job["tags"]]]
        jobs.sort(key=lambda job: (job["submitted_at"], job["job_id"]), reverse=True)
        end = start + limit
        return {
            "jobs": [summary(job) for job in jobs[start:end]],
            "next": str(end) if end < len(jobs) else None,
            "position": position,
            "counts": dict(counts),
        }

    def knows(self, position: str) -> bool:
        epoch, _, number = position.partition(":")
        return epoch == self.epoch and number.isdigit() and int(number) <= self._changes

    def since(self, position: str, only: str | None) -> list[Event]:
        """The newest state of every job that changed after *position* ("" = ever)."""
        seen = int(position.rpartition(":")[2] or 0)
        with self._lock:
            rows = sorted(self._jobs.values(), key=lambda row: row[0])
        newer = [row for row in rows if row[0] > seen and only in {None, row[1]["job_id"]}]
        return [Event(f"{self.epoch}:{number}", job) for number, job in newer]

    def watch(self, loop: asyncio.AbstractEventLoop) -> asyncio.Event:
        """An event of *loop* that is set with every change."""
        changed = asyncio.Event()
        self._readers.append((loop, changed))
        return changed

    def _write(self, job: JobDict) -> None:
        with self._lock:
            self._changes += 1
            self._jobs[job["job_id"]] = (self._changes, job)
        self._wake()

    def _wake(self) -> None:
        for loop, changed in self._readers:
            if not loop.is_closed():
                loop.call_soon_threadsafe(changed.set)


def summary(job: JobDict) -> JobDict:
    return {name: value for name, value in job.items() if name not in _NOT_IN_LISTS}


def sse(events: Iterable[Event], *, whole: bool) -> str:
    """The events on the wire; *whole* jobs or as a list tells them."""
    frames = []
    for event in events:
        name = "gone" if "gone" in event.job else "job"
        data = json.dumps(event.job if whole else summary(event.job))
        frames.append(f"id: {event.position}\nevent: {name}\ndata: {data}\n\n")
    return "".join(frames)


def _matches(job: JobDict, statuses: Collection[str], q: str) -> bool:
    text = f"{job['title']}\n{job['job_id']}".lower()
    return (not statuses or job["status"] in statuses) and q.lower() in text


def _href(job_id: str, name: str) -> str:
    return f"/jobs/{job_id}/files/{name}"


def iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
