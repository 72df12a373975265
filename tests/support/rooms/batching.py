"""Jobs of a first stage that are handed over together, and the threads of a pool that does it."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from support.clock import ManualClock
from support.kafka.messages import message, partition, submission, task
from support.waiting import DEADLINE_SECONDS, wait_until

from headway.batching.call import Ended, Work
from headway.batching.collecting import Collected
from headway.batching.pool import BatchPool
from headway.declared.stage import Batch
from headway.handling.usual import Handling
from headway.outcomes.dropped import Dropped
from headway.owning.partition import OwnedPartition
from headway.taking.task import Outcome, Task

DROPPED = Dropped()
_THREADS = 2


@dataclass
class Stand:
    """A stage that hands its tasks over together, and what became of them."""

    handling: Handling
    work: Work
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)

    def of(self, *job_ids: str) -> list[Task]:
        """A new task for each."""
        for number, job_id in enumerate(job_ids, len(self.tasks)):
            received = message(submission(job_id), key=job_id.encode(), offset=number)
            self.tasks[job_id] = task(partition(), offset=number, received=received)
        return [self.tasks[job_id] for job_id in job_ids]

    def run(self, *job_ids: str) -> list[Outcome]:
        """Hand them over at once; what became of each, in their order."""
        self.start(self.of(*job_ids))
        return [self.outcomes[job_id] for job_id in job_ids]

    def start(self, tasks: Sequence[Task]) -> None:
        self.work(tasks, self._ended)

    def _ended(self, ended: Task, outcome: Outcome) -> None:
        job_id = ended.key.decode()
        assert job_id not in self.outcomes, f"{job_id} has ended twice"
        self.outcomes[job_id] = outcome


#: Makes a stage of a handler that is given many jobs; one call for each, unless told more.
Stands: TypeAlias = Callable[..., Stand]


@dataclass
class Threads:
    """What the pool's threads were given; batches end when the gate is open."""

    clock: ManualClock
    batches: list[list[int]] = field(default_factory=list)
    alone: list[int] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)
    stopping: threading.Event = field(default_factory=threading.Event)
    full: bool = False
    fault: BaseException | None = None

    def __post_init__(self) -> None:
        self.pool = BatchPool(
            self._one,
            many=self._many,
            joins=lambda each: not each.key.startswith(b"single"),
            collected=Collected(Batch(size=3, wait_seconds=2), clock=self.clock),
            full=lambda: self.full,
            stopping=self.stopping,
            threads=_THREADS,
            name="test",
        )

    def _one(self, each: Task) -> Outcome:
        self.alone.append(each.offset)
        return DROPPED

    def _many(self, tasks: Sequence[Task], ended: Ended) -> None:
        self.batches.append([each.offset for each in tasks])
        if self.fault is not None:
            raise self.fault
        self.gate.wait(DEADLINE_SECONDS)
        for each in tasks:
            ended(each, DROPPED)

    def submit(self, *offsets: int, owner: OwnedPartition | None = None) -> None:
        for offset in offsets:
            self.pool.submit(task_of(b"job-%d" % offset, offset, owner))

    def wait_until_begun(self, *batches: list[int]) -> None:
        """Turn, as the loop does, until these have begun."""
        wait_until(lambda: self._turned() and sorted(self.batches) == sorted(batches), self._told)

    def collect(self, count: int) -> set[int]:
        ended: set[int] = set()
        while len(ended) < count:
            found = self.pool.collect(most=count, timeout=DEADLINE_SECONDS)
            assert found, "no task ended in time"
            ended |= {each.offset for each in found}
        return ended

    def _turned(self) -> bool:
        return self.pool.collect(most=1, timeout=0) == []

    def _told(self) -> object:
        return self.batches, self.alone


def task_of(key: bytes, offset: int, owner: OwnedPartition | None = None) -> Task:
    """A task of that key."""
    return task(owner or partition(), offset=offset, received=message(key=key, offset=offset))
