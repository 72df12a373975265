"""What is to be said, over a thread and a group that a test decides for."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import cast
from unittest.mock import create_autospec

from support.clock import ManualClock
from support.fake_kafka.group import Member
from support.kafka.messages import envelope, message, partition, task

from headway.edges import kafka
from headway.outcomes.failed import Failed
from headway.outcomes.finished import Finished
from headway.owning.assignment import Assignment
from headway.owning.flow import Flow, Pausing
from headway.owning.partition import OwnedPartition
from headway.owning.place import Place
from headway.saying.committer import Aborted, Committed, Committer, Lost, Result
from headway.saying.fate import FrameAborted, ProducerLost
from headway.saying.frame import Frame
from headway.saying.sayer import Saying
from headway.saying.transaction import Commit
from headway.taking.task import Outcome, Task

LOST = Lost(ProducerLost("gone"))
TWO: Place = ("jobs.submitted", 2)
FIVE: Place = ("jobs.submitted", 5)


@dataclass
class Beside:
    """The thread that says frames: a test decides what comes of each."""

    ready: bool = True
    said: list[tuple[Frame, Commit]] = field(default_factory=list)
    results: list[Result[Frame]] = field(default_factory=list)

    def say(self, frame: Frame, commit: Commit) -> None:
        assert self.ready
        self.ready = False
        self.said.append((frame, commit))

    def result(self) -> Result[Frame] | None:
        if not self.results:
            return None
        result = self.results.pop(0)
        self.ready = not isinstance(result, Lost)
        return result

    def open(self) -> None:
        self.ready = False


@dataclass
class Group:
    """Membership and offsets: one for each partition that is spoken of."""

    generation: int = 3
    released: list[frozenset[Place]] = field(default_factory=list)

    def consumer_group_metadata(self) -> bytes:
        return Member("member", (), generation=self.generation).metadata("group")

    def offsets(
        self, done: dict[OwnedPartition, list[int]], released: Iterable[Place]
    ) -> list[kafka.TopicPartition]:
        self.released.append(frozenset(released))
        places = {owned.place for owned in done} | set(released)
        return [kafka.TopicPartition(*place, 1) for place in sorted(places)]


class Rig:
    """Saying on its own, and words for what comes of each frame."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.beside, self.group = Beside(), Group()
        unwatched = create_autospec(Pausing, instance=True)
        self.flow = Flow(unwatched, "p1", records=100, size_bytes=10_000, clock=clock)
        self.refused: list[Task] = []
        self.told: list[tuple[str, float | None]] = []
        self.saying = Saying(
            cast("Committer[Frame]", self.beside),
            cast("kafka.Consumer", self.group),
            cast("Assignment", self.group),
            self.flow,
            refuse=self._refuse,
            told=lambda how, seconds: self.told.append((how, seconds)),
            clock=clock,
        )

    def taken(self, name: str, owner: OwnedPartition | None = None, *, offset: int = 7) -> Task:
        """A task that counts as room in use."""
        received = message(b"12345", key=name.encode(), offset=offset)
        made = task(owner or partition(), offset=offset, received=received)
        self.flow.take(made.size_bytes)
        return made

    def settle(self, *tasks: Task, outcome: Outcome | None = None) -> None:
        for ended in tasks:
            ended.outcome = outcome or Finished(b"output", b"state")
        self.saying.settle(tasks)

    def comes_of_it(self, result: Result[Frame]) -> Lost | None:
        """The next turn learns *result*."""
        self.beside.results.append(result)
        return self.saying.turn()

    def aborted(self, *, passing: bool = True) -> None:
        frame = self.beside.said[-1][0]
        self.comes_of_it(Aborted(frame, FrameAborted("why", passing=passing)))

    def committed(self) -> None:
        self.comes_of_it(Committed(self.beside.said[-1][0], 0.25))

    def names(self, number: int = -1) -> list[bytes]:
        """The keys of the tasks of a frame that was handed over."""
        return [said.key for said in self.beside.said[number][0].tasks]

    def _refuse(self, refused: Task, reason: str) -> None:
        self.refused.append(refused)
        refused.outcome = Failed(
            "Refused", reason, retry_available=False, envelope=envelope(), at=1
        )
