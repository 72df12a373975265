"""P1 and P2 without Kafka: their handlers over an object store in memory."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from headway.base.errors import Abandoned, PermanentError
from headway.declared.handler import Done, Job
from headway.edges.objectstore import ObjectStore
from p1.handler import make_handler as make_p1
from p2.handler import make_handler as make_p2

PROFILE_KEY = "jobs/job/p1/profile.json"


@dataclass
class RecordingContext:
    """Keeps every report; the one numbered `abandon_at` raises Abandoned instead."""

    abandon_at: int | None = None
    reports: list[tuple[float, str]] = field(default_factory=list)
    idempotency_key: str = "job/1/stage"

    def report(self, fraction: float, note: str = "") -> None:
        if len(self.reports) == self.abandon_at:
            raise Abandoned("the partition was lost")
        self.reports.append((fraction, note))

    def check(self) -> None:
        """It is ours."""


@dataclass
class Handlers:
    """Both handlers, and what they make of a file."""

    store: ObjectStore
    scratch: Path
    limit_bytes: int = 10_000_000
    context: RecordingContext = field(default_factory=RecordingContext)

    def run_p1(
        self, payload: Mapping[str, Any], title: str = "data.csv", job_id: str = "job"
    ) -> Done:
        handle = make_p1(self.store, scratch=self.scratch, limit_bytes=self.limit_bytes)
        return handle(Job(job_id, 1, title, payload), self.context)

    def run_p2(
        self, payload: Mapping[str, Any], title: str = "data.csv", job_id: str = "job"
    ) -> Done:
        return make_p2(self.store)(Job(job_id, 1, title, payload), self.context)

    def profile(self, content: str | bytes, delimiter: str | None = None) -> dict[str, Any]:
        data = content.encode() if isinstance(content, str) else content
        self.run_p1({"source": {"content": data}, "delimiter": delimiter})
        return dict(json.loads(self.store.get_bytes(PROFILE_KEY)))

    def column(self, *values: object) -> dict[str, Any]:
        """The profile of a column of these values, beside another of ones."""
        quoted = [str(value).replace('"', '""') for value in values]
        profile = self.profile("x,one\n" + "".join(f'"{value}",1\n' for value in quoted))
        return dict(profile["columns"][0])

    def findings(self, content: str | bytes) -> dict[str, str]:
        """Each finding's sentence by its code."""
        return {found["code"]: found["text"] for found in self.profile(content)["findings"]}

    def refusal(self, content: str | bytes, delimiter: str | None = None) -> str:
        """The sentence with which P1 refuses the file."""
        with pytest.raises(PermanentError) as refused:
            self.profile(content, delimiter)
        return str(refused.value)

    def report(self, content: str | bytes, title: str = "data.csv") -> Done:
        """Both stages, one after the other."""
        data = content.encode() if isinstance(content, str) else content
        done = self.run_p1({"source": {"content": data}, "delimiter": None}, title)
        return self.run_p2(done.payload, title)

    def html(self, content: str | bytes, title: str = "data.csv") -> str:
        return self.store.get_bytes(self.report(content, title).result[0].key).decode()

    def xlsx(self, content: str | bytes, title: str = "data.csv") -> bytes:
        return self.store.get_bytes(self.report(content, title).result[1].key)
