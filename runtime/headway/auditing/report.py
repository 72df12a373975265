"""A verdict in words for people, and as one document for machines."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from headway.auditing.checker import Verdict
from headway.auditing.findings import Kind
from headway.auditing.history import ALWAYS

_MEANINGS: Final = {kind.label: kind.meaning for kind in Kind}


@dataclass(frozen=True, slots=True)
class Report:
    """What was asked, and what was found; times in ms."""

    verdict: Verdict
    at: int
    since: float
    settle_seconds: float
    numbers: int
    took_seconds: float
    notes: list[str] = field(default_factory=list)

    def text(self, most: int) -> str:
        """For people; *most* findings with their evidence."""
        return "\n".join([*self._head(), *self._jobs(), *self._facts(), *self._findings(most)])

    def as_json(self) -> dict[str, Any]:
        """For machines; see docs/howto/audit.md."""
        verdict = self.verdict
        return {
            "clean": verdict.clean,
            "at": _moment(self.at),
            "since": None if self.since == ALWAYS else _moment(self.since),
            "settle_seconds": self.settle_seconds,
            "partitions": self.numbers,
            "took_seconds": round(self.took_seconds, 1),
            "records": dict(verdict.records),
            "records_of_no_job": verdict.nameless,
            "jobs": {
                "judged": verdict.jobs.total(),
                "ended": verdict.ended,
                "faulty": verdict.faulty,
                "moving": verdict.moving,
                "deleted": verdict.forgotten,
                "by_place": dict(verdict.jobs),
            },
            "facts": dict(verdict.facts),
            "findings_by_kind": dict(verdict.kinds),
            "findings": [finding.as_json() for finding in verdict.findings],
            "notes": self.notes,
        }

    def _head(self) -> Iterator[str]:
        since = "all there is" if self.since == ALWAYS else f"since {_moment(self.since)}"
        records = self.verdict.records.total()
        yield (
            f"audit of {since}, as of {_moment(self.at)}: {records:,} records in {self.numbers} "
            f"partitions, read in {self.took_seconds:.1f} s"
        )

    def _jobs(self) -> Iterator[str]:
        verdict = self.verdict
        yield f"{verdict.jobs.total():>12,}  jobs judged, {verdict.ended:,} of them at their end"
        for label, count in verdict.jobs.most_common():
            yield f"{count:>12,}    {label}"
        if verdict.moving:
            yield (
                f"{verdict.moving:>12,}  jobs moved in the last {self.settle_seconds:g} s: "
                "on their way, not judged"
            )
        if verdict.forgotten:
            yield f"{verdict.forgotten:>12,}  jobs deleted: not judged"

    def _facts(self) -> Iterator[str]:
        for what, count in self.verdict.facts.items():
            if count:
                yield f"{count:>12,}  {what}"
        yield from (f"note: {note}" for note in self.notes)

    def _findings(self, most: int) -> Iterator[str]:
        verdict = self.verdict
        if verdict.clean:
            yield (
                "clean: every job that was judged has one output a stage that completed it, and a "
                "state that fits"
            )
            return
        yield f"{verdict.kinds.total():,} FINDINGS in {verdict.faulty:,} jobs:"
        for label, count in verdict.kinds.most_common():
            yield f"{count:>12,}  {label}: {_MEANINGS[label]}"
        yield from (f"  {finding}" for finding in verdict.findings[:most])
        if verdict.kinds.total() > most:
            yield f"  ... {verdict.kinds.total() - most:,} more; --json has up to 10,000"


def _moment(ms: float) -> str:
    return (
        datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    )
