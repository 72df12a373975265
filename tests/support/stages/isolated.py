"""A scripted handler in worker processes, without a stage."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.stages.handlers.scripted import REFERENCE
from support.stages.scripted_stage import part_of

from headway.base.errors import Abandoned
from headway.declared.handler import Done, Job
from headway.declared.settings import read
from headway.declared.stage import StageSettings
from headway.workers.processes import InProcesses, in_processes


@dataclass
class Wanted:
    """The context of a job: keeps its reports; once `lost` is set, the job is not ours."""

    reports: list[tuple[float, str]] = field(default_factory=list)
    lost: bool = False
    idempotency_key: str = "job/1/p1"

    def check(self) -> None:
        if self.lost:
            raise Abandoned("the partition was lost")

    def report(self, fraction: float, note: str = "") -> None:
        self.check()
        self.reports.append((fraction, note))


def settings_of(scratch: Path, **more: object) -> StageSettings:
    """Settings of a stage with one worker, but for *more*."""
    given = {
        "kafka_bootstrap_servers": "nowhere:1",
        "object_store_url": "memory://",
        "http_port": 0,
        "concurrency": 1,
        "scratch_dir": scratch,
        **more,
    }
    return read(StageSettings, {name.upper(): str(value) for name, value in given.items()})


@contextmanager
def isolated(scratch: Path, reference: str = REFERENCE, **more: object) -> Iterator[InProcesses]:
    """A handler in processes of its own; it plays p1."""
    part_of("p1").hand_down()
    with in_processes(reference, settings_of(scratch, **more), stage="p1") as handler:
        yield handler


def job(title: str, payload: dict[str, Any] | None = None) -> Job:
    return Job("job", 1, title, payload or {})


def call(handler: InProcesses, title: str, context: Wanted | None = None) -> Done:
    return handler(job(title), context or Wanted())


def gone(pid: int) -> bool:
    """Whether no process has that id any more, or only a dead one that nobody asked after."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return True
    return state == "Z"
