"""A cluster with stages, status and a scheduler, whose old jobs are to be forgotten."""

import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import Any, Final

from support.kafka.cluster import Cluster
from support.processes import Service
from support.waiting import wait_until

from headway.edges import kafka
from headway.edges.admin import beginnings, ends
from headway.edges.kafka import admin_client
from headway.edges.objectstore import ObjectStore
from status.letters.shelf import FILE_NAME as LETTERS
from status.table.database import FILE_NAME

#: Starts `python -m <module>`; keyword arguments are settings, `instance` is its name.
Start = Callable[..., Service]

OLD: Final = "old"
_RULES: Final = """
rules:
  - {name: trim, kind: trim, about: x, at: 0 0 1 1 *, keep: 1 s}
  - {name: forget, kind: forget, about: x, at: 0 0 1 1 *, where: {older: 1 s, tag: old},
     per_second: 2000}
"""
_SHOWN: Final = """
    SELECT job_id, rank, status, progress, submitted_at, title FROM jobs WHERE status <> ''
"""
_SIZES: Final = ("page_count", "page_size")
_MARKS: Final = "SELECT coalesce(sum(jobs), 0) FROM counts WHERE status = ''"
#: Between two jobs of those that flow beside.
_FLOW_SECONDS: Final = 0.05
#: Of so many old jobs one has a file in the store.
_FILE_EVERY: Final = 10
#: Of so many one fails, and has a dead letter.
_FAIL_EVERY: Final = 20


@dataclass(frozen=True, slots=True)
class Scene:
    """*seconds* is how long a step may take on a machine that has other things to do."""

    cluster: Cluster
    start: Start
    folder: Path
    jobs: int
    seconds: float
    stages: dict[str, Service] = field(default_factory=dict)

    @property
    def store(self) -> ObjectStore:
        return ObjectStore.open(f"file://{self.folder}/objects")

    def begin(self) -> None:
        """Start all there is, and have the old jobs done."""
        (self.folder / "schedules.yaml").write_text(_RULES, encoding="utf-8")
        for stage in self.cluster.pipeline.stages:
            named = f"support.stages.scripted_stage {stage.name}"
            self.stages[stage.name] = self.start(named)
        self.start("status")
        self.start("scheduler", schedules_file=self.folder / "schedules.yaml")
        lanes = self.cluster.catalog["schedule-rules"].partitions
        self.until(lambda: len(self._told("trim")) == lanes, lambda: self._told("trim"))
        self._submit(f"{OLD}-{number:06}" for number in range(self.jobs))
        self.until(lambda: self.done() == self.jobs, lambda: self.shown("a"))

    def done(self) -> int:
        """How many of the old jobs are over and known."""
        shown = self.shown("a")
        return shown[OLD, "COMPLETED"] + shown[OLD, "FAILED"]

    def _submit(self, job_ids: Iterator[str]) -> None:
        for number, job_id in enumerate(job_ids):
            if number % _FILE_EVERY == 0:
                self.store.put_bytes(f"uploads/{job_id}/1/source.csv", b"a,b\n1,2\n")
            self.submit(job_id, [OLD], title="ok" if number % _FAIL_EVERY else "permanent")
        self.cluster.flush()

    def submit(self, job_id: str, tags: list[str], title: str = "ok") -> None:
        """One job; whoever wants to know that it is there flushes."""
        value: dict[str, Any] = {"job_id": job_id, "title": title, "delimiter": None, "tags": tags}
        value["source"] = {"content": b"a,b\n1,2\n"}
        data = self.cluster.codec.encode("job-submitted", value)
        self.cluster.produce("jobs.submitted", key=job_id.encode(), value=data)

    @contextmanager
    def others(self) -> Iterator[list[str]]:
        """Other jobs come all the time; those that came are all done behind it."""
        stop, given = Event(), list[str]()

        def flow() -> None:
            while not stop.wait(_FLOW_SECONDS):
                given.append(f"flow-{len(given):06}")
                self.submit(given[-1], [])

        thread = Thread(target=flow, daemon=True)
        thread.start()
        try:
            yield given
        finally:
            stop.set()
            thread.join()
        self.cluster.flush()
        done = "flow", "COMPLETED"
        self.until(lambda: self.shown("a")[done] == len(given), lambda: self.shown("a"))

    def order(self, rule: str) -> None:
        """Have *rule* run in every lane, and wait until it has."""
        command_id = f"run-{rule}-{time.monotonic()}"
        value = {"command_id": command_id, "rule": rule, "kind": "run", "by": "me", "at": 0}
        data = self.cluster.codec.encode("schedule-command", value)
        lanes = self.cluster.catalog["schedule-commands"].partitions
        for lane in range(lanes):
            self.cluster.produce("schedule-commands", key=rule.encode(), value=data, partition=lane)
        self.cluster.flush()
        self.until(lambda: self._ran(rule, command_id) == lanes, lambda: self._runs(rule))

    def _ran(self, rule: str, command_id: str) -> int:
        runs = self._runs(rule).values()
        return sum(r["run_id"] == command_id and r["finished_at"] is not None for r in runs)

    def _runs(self, rule: str) -> dict[int, dict[str, Any]]:
        """The newest run of *rule* in each lane."""
        return {lane: told["run"] for lane, told in self._told(rule).items() if told["run"]}

    def _told(self, rule: str) -> dict[int, dict[str, Any]]:
        """How *rule* stands in each lane that has said so."""
        found: dict[int, dict[str, Any]] = {}
        for record in self.cluster.read("schedule-rules"):
            told = self.cluster.codec.decode(record.value, "schedule-rule")
            if told["rule"] == rule:
                found[record.partition] = told
        return found

    def rows(self, instance: str) -> set[tuple[Any, ...]]:
        """The jobs that one replica of status shows."""
        path = self.folder / f"status-{instance}" / FILE_NAME
        if not path.exists():
            return set()
        with closing(sqlite3.connect(path)) as table, suppress(sqlite3.OperationalError):
            return set(table.execute(_SHOWN))
        return set()  # it is just being made

    def shown(self, instance: str) -> Counter[tuple[str, str]]:
        """How many of them there are, by what they are called and their status."""
        return Counter((row[0].partition("-")[0], row[2]) for row in self.rows(instance))

    def marks(self, instance: str = "a") -> int:
        """How many jobs a replica keeps in mind as deleted."""
        path = self.folder / f"status-{instance}" / FILE_NAME
        with closing(sqlite3.connect(path)) as table:
            return int(table.execute(_MARKS).fetchone()[0])

    def listed(self, instance: str = "a") -> int:
        """Dead letters that a replica shows."""
        path = self.folder / f"status-{instance}" / LETTERS
        with closing(sqlite3.connect(path)) as shelf:
            return int(shelf.execute("SELECT count(*) FROM letters").fetchone()[0])

    def letters(self) -> int:
        """Dead letters that their topics have."""
        stages = self.cluster.pipeline.stages
        return sum(len(self.cluster.read(stage.dead_letters)) for stage in stages)

    def remembered(self) -> dict[str, int]:
        """Jobs in the index of each stage."""
        line = 'headway_jobs_remembered{{stage="{}"}}'
        return {name: int(told.metric(line.format(name))) for name, told in self.stages.items()}

    def stated(self) -> int:
        """States and tombstones of old jobs that the cluster has."""
        keys = [(record.key or b"").decode() for record in self.cluster.read("job-state")]
        return sum(key.startswith(OLD) for key in keys)

    def objects(self) -> int:
        return len(self.store.keys("uploads"))

    def table_bytes(self, instance: str = "a") -> int:
        """Of a replica's file, without its log, which is 32 MB at most."""
        path = self.folder / f"status-{instance}" / FILE_NAME
        with closing(sqlite3.connect(path)) as table:
            pages, size = (table.execute(f"PRAGMA {name}").fetchone()[0] for name in _SIZES)
            return int(pages * size)

    def records(self) -> dict[str, int]:
        """Offsets that the topics of jobs have, beginnings to ends; compaction leaves holes."""
        catalog, admin = self.cluster.catalog, admin_client(self.cluster.options)
        stages = self.cluster.pipeline.stages
        names = [self.cluster.pipeline.source, *(stage.sink for stage in stages)]
        places = [
            (catalog[name].name, i) for name in names for i in range(catalog[name].partitions)
        ]
        first = beginnings(admin, places)
        last = ends(admin, places, kafka.IsolationLevel.READ_COMMITTED)
        counts = Counter[str]()
        for place in places:
            counts[place[0].removeprefix(self.cluster.prefix)] += last[place] - first[place]
        return dict(counts)

    def until(self, condition: Callable[[], object], told: Callable[[], object]) -> None:
        wait_until(condition, told, seconds=self.seconds, pause_seconds=0.5)
