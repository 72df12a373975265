"""All that was read of one partition number: the facts of its jobs, and how much of all they are.

That something is there is a fact whatever was left out. That something is missing is one only
where it would have been read: so a history knows, topic by topic, from when on it is whole.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final
from zlib import crc32

from headway.auditing.facts import (
    Command,
    Letter,
    Lying,
    Output,
    Position,
    Result,
    State,
    Step,
    Submission,
    Tombstone,
    Waiting,
)
from headway.declared.pipeline import Pipeline

#: From the topic's first record on: whole for all times.
ALWAYS: Final = float("-inf")
#: Nothing of the topic was there to be read.
NEVER: Final = float("inf")


@dataclass(frozen=True, slots=True)
class Extent:
    """Of a partition the offsets from `first` to before `end` were read.

    `since` (ms) is the moment from which on nothing that was written is missing.
    """

    first: int
    end: int
    since: float = ALWAYS


@dataclass(frozen=True, slots=True)
class Done:
    """What the group of a stage has committed of a partition."""

    watermark: int = 0
    above: frozenset[int] = frozenset()

    def has(self, offset: int) -> bool:
        return offset < self.watermark or offset in self.above


@dataclass(frozen=True, slots=True)
class Share:
    """Which jobs of a number a history is of: one of `shares` that fit in memory each."""

    number: int = 0
    shares: int = 1

    def has(self, key: bytes) -> bool:
        return self.shares == 1 or crc32(key) % self.shares == self.number


@dataclass(frozen=True, slots=True)
class Terms:
    """How a history is to be judged.

    `cut` (ms) is the moment the ends were taken at. A job of which anything is younger than
    `settle` before that is still moving. `clocks` is how far two clocks may differ. `complete`:
    job-state has every state that was ever written, none was compacted away.
    """

    cut: float = NEVER
    settle: int = 0
    clocks: int = 0
    complete: bool = False


@dataclass(slots=True)
class Job:
    """Every fact of one job, each kind in the order of its topic."""

    job_id: str
    submissions: list[Submission] = field(default_factory=list)
    states: list[State] = field(default_factory=list)
    outputs: list[Output] = field(default_factory=list)
    waits: list[Waiting] = field(default_factory=list)
    held: list[Lying] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    #: Of each attempt the timeline of its newest state: it has those of the states before.
    timelines: dict[int, tuple[Step, ...]] = field(default_factory=dict)
    #: The earliest moment told of it.
    since: float = NEVER
    #: When the newest of its records was written.
    newest: float = ALWAYS
    #: A tombstone speaks of it: it was deleted, and may have been submitted again.
    forgotten: bool = False
    #: The last one that a stage wrote.
    tombstone: Tombstone | None = None


@dataclass(slots=True)
class History:
    """Of one partition number."""

    pipeline: Pipeline
    partition: int
    terms: Terms
    share: Share = field(default_factory=Share)
    extents: dict[str, Extent] = field(default_factory=dict)
    #: By stage and topic; there is no entry where nobody could tell.
    done: dict[tuple[int, str], Done] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)
    #: Of what stages read, by topic and offset.
    digests: dict[str, dict[int, bytes]] = field(default_factory=dict)
    letters: dict[Position, Letter] = field(default_factory=dict)
    records: Counter[str] = field(default_factory=Counter)
    #: Records of which nobody can say whose they are.
    nameless: int = 0

    def job(self, job_id: str) -> Job:
        """The facts of *job_id*, none at first."""
        job = self.jobs.get(job_id)
        if job is None:
            job = self.jobs[job_id] = Job(job_id)
        return job

    def whole(self, topic: str, since: float) -> bool:
        """Whether all that was written to *topic* at *since* (ms) or later was read.

        What was written at a moment that nobody knows was, where nothing at all is missing.
        """
        extent = self.extents.get(topic)
        if extent is None or extent.since == ALWAYS:
            return extent is not None
        return since != NEVER and since - self.terms.clocks >= extent.since

    def had(self, at: Position) -> bool:
        """Whether a record at *at* would have been read if there is one.

        One behind the end is not there: who names it wrote before the end was taken.
        """
        extent = self.extents.get(at.topic)
        return extent is not None and at.partition == self.partition and at.offset >= extent.first

    def undone(self, stage: int, at: Position) -> bool:
        """Whether *stage* may still have the record at *at* before it."""
        done = self.done.get((stage, at.topic))
        return done is None or not done.has(at.offset)

    def moving(self, job: Job) -> bool:
        """Whether something was written of *job* too shortly before the cut."""
        return job.newest > self.terms.cut - self.terms.settle

    def topic_of(self, stage: int) -> str:
        """What *stage* reads."""
        return self.pipeline.stages[stage - 1].source
