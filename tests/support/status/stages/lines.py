"""Jobs on their way through the stages, and what a plain count says of those."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from support.status.records import START_MS
from support.status.topics import Log

#: Says one thing in the topics.
Write = Callable[[Log], None]
_ENDS = ("FAILED", "CANCELLED", "GONE")


class Place(NamedTuple):
    """Where a job stands: the stage that said so, and when, or when it is due; ms."""

    status: str
    stage: int
    at: int


@dataclass
class Lines:
    """What is told of *jobs*, in order, and where they stand in the end."""

    rng: random.Random
    jobs: int
    told: list[Write] = field(default_factory=list)
    #: By job: its submission, and the last that was said of it.
    last: dict[str, tuple[Write, Write | None]] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    _now: int = START_MS

    def __post_init__(self) -> None:
        ways = {f"job-{number}": self._way() for number in range(self.jobs)}
        while ways:
            job_id = self.rng.choice(list(ways))
            self._say(job_id, *ways[job_id].pop(0))
            if not ways[job_id]:
                del ways[job_id]

    def left(self) -> list[Write]:
        """What compaction leaves of it."""
        pairs = list(self.last.values())
        self.rng.shuffle(pairs)
        return [write for pair in pairs for write in pair if write]

    @property
    def expected(self) -> object:
        """As a plain count of the jobs has it: each stage, and all by status."""
        places = [place for place in self.places.values() if place.status != "GONE"]
        stages = []
        for index, line in ((1, ("QUEUED", 0)), (2, ("PROCESS_1_DONE", 1))):
            waiting = [p.at for p in places if (p.status, p.stage) == line]
            due = [p.at for p in places if (p.status, p.stage) == ("RETRY_SCHEDULED", index)]
            running = sum(p.status == f"PROCESS_{index}_RUNNING" for p in places)
            oldest, first = min(waiting, default=None), min(due, default=None)
            held = sum((p.status, p.stage) == ("SCHEDULED", index) for p in places)
            stages.append((len(waiting), running, len(due), oldest, first, held))
        return stages, dict(Counter(place.status for place in places))

    def _way(self) -> list[tuple[str, int]]:
        """Statuses with their stages, cut off anywhere."""
        way = [("QUEUED", 0)]
        for stage in (1, 2):
            way += [("SCHEDULED", stage)] * self.rng.choice((0, 0, 1))
            way.append((f"PROCESS_{stage}_RUNNING", stage))
            for _ in range(self.rng.choice((0, 0, 1, 2))):
                way += [("RETRY_SCHEDULED", stage), (f"PROCESS_{stage}_RUNNING", stage)]
            if self.rng.random() < 0.15:
                return [*way, (self.rng.choice(_ENDS), stage)]
            way.append(("PROCESS_1_DONE", 1) if stage == 1 else ("COMPLETED", 2))
        return way[: self.rng.randint(1, len(way))]

    def _say(self, job_id: str, status: str, stage: int) -> None:
        self._now += self.rng.randint(1, 1000)
        at = self._now
        if status == "QUEUED":
            write: Write = partial(_submit, job_id=job_id, at=at)
            self.last[job_id] = write, None
        else:
            write = partial(_state, job_id=job_id, status=status, stage=stage, at=at)
            self.last[job_id] = self.last[job_id][0], write
        self.told.append(write)
        self.places[job_id] = Place(status, stage, at)


def _submit(log: Log, job_id: str, at: int) -> None:
    log.now_ms = at - 1
    log.submission(job_id)


def _state(log: Log, job_id: str, status: str, stage: int, at: int) -> None:
    if status == "GONE":
        log.now_ms = at - 1
        log.append("job-state", job_id, None)
        return
    due_at = at if status == "RETRY_SCHEDULED" else None
    log.state(job_id, status, stage_index=stage, stage=f"p{stage}", updated_at=at, due_at=due_at)
