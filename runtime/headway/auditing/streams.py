"""What one watcher of events saw: no job goes back, every end arrives, nothing is missing.

A watcher that comes back by the id it got last goes on where it was: what it saw before still
counts. So a gap shows where the newest of a job never came, and a repetition where it went back.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from headway.auditing.findings import Finding, Kind
from headway.declared.pipeline import Pipeline

_JOB: Final = "job"
#: A watcher is told of these beside jobs, and nothing is wrong with them.
_HARMLESS: Final = frozenset({"waiting", "pauses"})


class Seen(NamedTuple):
    """A job as one event showed it."""

    attempt: int
    status: str
    progress: int
    terminal: bool


@dataclass(slots=True)
class Stream:
    """Takes the events of one watcher, over all its connections; for one thread."""

    pipeline: Pipeline
    latest: dict[str, Seen] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    _ranks: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self._ranks = {name: rank for rank, name in enumerate(self.pipeline.steps)}

    def take(self, event: str, data: Mapping[str, Any]) -> None:
        """Take one event, decoded."""
        if event in _HARMLESS:
            return
        if event != _JOB:
            text = f"the event {event!r} came: {str(dict(data))[:200]}"
            self.findings.append(Finding(Kind.STREAM_UNTRUE, str(data.get("job_id", "")), 0, text))
            return
        job_id, seen = data["job_id"], seen_of(data)
        before = self.latest.get(job_id)
        if before is not None and self._went_back(before, seen):
            text = f"it went from {_told(before)} to {_told(seen)}"
            self.findings.append(Finding(Kind.STREAM_BACK, job_id, seen.attempt, text))
        self.latest[job_id] = seen

    def against(self, newest: Mapping[str, Seen], watched: Iterable[str]) -> Iterator[Finding]:
        """What is missing of *watched* jobs; *newest* is what the topics say of them at the end."""
        for job_id in watched:
            wanted, seen = newest.get(job_id), self.latest.get(job_id)
            if wanted is None or (seen and seen[:2] == wanted[:2]):
                continue
            kind = Kind.STREAM_END if wanted.terminal else Kind.STREAM_GAP
            told = _told(seen) if seen else "nothing"
            yield Finding(kind, job_id, wanted.attempt, f"it is {_told(wanted)}, seen was {told}")

    def _went_back(self, before: Seen, seen: Seen) -> bool:
        """By attempt, then by status as far as it has a rank, then by percent; an end is final."""
        if seen.attempt != before.attempt:
            return seen.attempt < before.attempt
        if before.terminal:
            return seen.status != before.status
        was, now = self._ranks.get(before.status), self._ranks.get(seen.status)
        if was is not None and now is not None and was != now:
            return now < was
        return seen.progress < before.progress


def seen_of(data: Mapping[str, Any]) -> Seen:
    """A job as an event, or an answer to a request, shows it."""
    return Seen(data["attempt"], data["status"], data["progress"], data["terminal"])


def _told(seen: Seen) -> str:
    return f"attempt {seen.attempt}, {seen.status} {seen.progress} %"
