"""One member of a group with all that takes records, over a broker in this process."""

import copy
import threading
from collections.abc import Iterable

from prometheus_client import REGISTRY
from support.clock import ManualClock
from support.fake_kafka.broker import FakeBroker
from support.fake_kafka.log import Fate, Transaction
from support.fake_kafka.record import Record
from support.waiting import wait_until

from headway.declared.catalog import Catalog
from headway.declared.pipeline import Pipeline
from headway.edges import kafka
from headway.edges.groupreaders import Question, group_reader
from headway.following.horizon import Owner
from headway.following.indexloader import IndexLoader, Loaded
from headway.following.jobindex import JobIndex
from headway.following.notes import StateNotes
from headway.following.stateread import Notes
from headway.following.windows import NoWindow
from headway.owning.assignment import Assignment
from headway.owning.committed import CommittedOffsets
from headway.owning.flow import Flow
from headway.owning.inlet import Inlet
from headway.taking.early import Early
from headway.taking.intake import Intake
from headway.taking.interrupted import Interrupted
from headway.taking.lying import Lying
from headway.taking.task import Task
from headway.taking.unreadable import Unreadable
from headway.taking.waiting import Waiting
from headway.wire.codec import Codec
from headway.wire.commands import CommandRecords
from headway.wire.records import StageRecords

TOPIC, GROUP = "jobs.submitted", "p1"


class Index(IndexLoader):
    """Hands over an index when the test says so; at once if nothing is said."""

    def __init__(self) -> None:
        super().__init__({}, Notes("job-state", StateNotes(Codec(), "job-state", 1)))
        self.started: list[Owner] = []
        self.ready: list[Loaded] = []
        self.at_once = True
        self.jobs = JobIndex()

    def open(self) -> None: ...

    def start(self, owners: Iterable[Owner]) -> None:
        owners = list(owners)
        self.started += owners
        if self.at_once:
            self.ready += [Loaded(owner, copy.deepcopy(self.jobs)) for owner in owners]

    def loaded(self) -> list[Loaded]:
        ready, self.ready = self.ready, []
        return ready


class Pool:
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.tasks: list[Task] = []

    def submit(self, task: Task) -> None:
        self.tasks.append(task)


class Readers:
    """Asks each question beside the others, until it is answered or seen to wait."""

    def __init__(self, broker: FakeBroker) -> None:
        self._group = broker.groups[GROUP]

    def ask(self, question: Question) -> None:
        before, reader = self._group.waiting, group_reader({"bootstrap.servers": "fake"}, GROUP)
        asking = threading.Thread(target=question, args=(reader,), daemon=True)
        asking.start()
        wait_until(lambda: not asking.is_alive() or self._group.waiting > before)

    def look(self) -> None: ...

    def close(self) -> None: ...


class Instance:
    """One member of the group with everything that takes records."""

    def __init__(self, broker: FakeBroker, *, declared: int) -> None:
        self.clock = ManualClock()
        self.index = Index()
        self.pool = Pool()
        options: kafka.Options = {"bootstrap.servers": "fake"}
        consumer = kafka.consumer(options, group_id=GROUP, auto_offset_reset="error")
        self.consumer = broker.consumers[-1]
        self.flow = Flow(consumer, "p1", records=100, size_bytes=10**6, clock=self.clock)
        self.assignment = Assignment(
            consumer,
            self.flow,
            [Inlet(TOPIC, declared, opens=True)],
            committed=CommittedOffsets(Readers(broker), clock=self.clock),
            loader=self.index,
            reserve=100,
            life="",
        )
        pool: object = self.pool
        unreadable = Unreadable("p1", consumer, self.flow, lambda *_: 0)
        codec, pipeline, catalog = Codec(), Pipeline.load(), Catalog.load()
        records = StageRecords(codec, pipeline, catalog, pipeline.stages[0])
        self._intake = Intake(
            consumer,
            self.assignment,
            pool,  # type: ignore[arg-type]  # what is used of one
            self.flow,
            unreadable=unreadable,
            waiting=Waiting("p1", self.flow, clock=self.clock),
            lying=Lying(self.flow, NoWindow(), windowed=False, clock=self.clock),
            early=Early(clock=self.clock),
            interrupted=Interrupted(
                records, "P1", lambda *_: None, decode=lambda _: {}, clock=self.clock
            ),
            records=records,
            commands=CommandRecords(codec),
        )
        self.assignment.subscribe()

    def turns(self, count: int = 6) -> None:
        for _ in range(count):
            self._intake.take(0)
            self.assignment.advance(begun=0, ended=0)
            self.flow.apply()
            self.clock.advance(0.3)

    def owns_after_a_turn(self, expected: list[int]) -> bool:
        self.turns(1)
        return self.owned == expected

    @property
    def owned(self) -> list[int]:
        return sorted(index for _, index in self.assignment.owned)

    def offsets(self) -> list[tuple[int, int]]:
        """What was handed over: partition and offset of each."""
        return [(task.partition.index, task.offset) for task in self.pool.tasks]


def write(broker: FakeBroker, partition: int, *keys: str) -> None:
    """Append a record for each of *keys*."""
    for key in keys:
        broker.append((TOPIC, partition), Record(key.encode(), b"value", None, 0))


def commit(broker: FakeBroker, partition: int, offset: int, metadata: str = "") -> None:
    """As if somebody had committed it before."""
    broker.groups[GROUP].committed[TOPIC, partition] = (offset, metadata)


def resets() -> float:
    """How often offsets were reset so far in this process."""
    return REGISTRY.get_sample_value("headway_offsets_reset_total", {"topic": TOPIC}) or 0


def end(broker: FakeBroker, transaction: Transaction) -> None:
    """Let *transaction* be committed."""
    broker.end(transaction, Fate.COMMITTED)
