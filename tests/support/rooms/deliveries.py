"""The life of one process: what it takes, begins and commits until it ends."""

from collections.abc import Callable
from dataclasses import dataclass, field

from support.kafka.messages import message

from headway.outcomes.finished import Finished
from headway.owning.offsets import OffsetTracker
from headway.owning.partition import OwnedPartition
from headway.saying.frame import Frame
from headway.taking.deliveries import Deliveries
from headway.taking.task import Task


@dataclass
class Pool:
    """Tasks that have begun."""

    begun: list[Task] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.begun)

    def submit(self, task: Task) -> None:
        self.begun.append(task)

    def hurry(self) -> None:
        """Nothing waits here."""


class Process:
    """A stage's loop from one start to the end of its process, on what is committed in *place*."""

    def __init__(
        self,
        place: tuple[int, str] | None,
        *,
        at_once: int = 4,
        life: str = "",
        ended: Callable[[str], bool | None] = lambda _: True,
    ) -> None:
        self.tracker = OffsetTracker(*(place or ()), life=life)
        self.owner = OwnedPartition("jobs.submitted", 0, self.tracker)
        self.pool = Pool()
        self.place = place
        self.frame = Frame()
        self.deliveries = Deliveries(
            self.pool,
            most=3,
            careful_records=1000,
            at_once=at_once,
            ended=ended,
            count=self._count,
            free=lambda _: None,
        )

    def _count(self, tasks: list[Task]) -> None:
        self.frame.counted += tasks

    def take(self, offsets: range) -> None:
        for offset in offsets:
            if self.tracker.begin(offset):
                received = message(key=b"%d" % offset, offset=offset)
                self.deliveries.submit(Task(self.owner, offset, received, b"%d" % offset, 1))

    def commit(self, *, released: bool = False) -> None:
        frame, self.frame = self.frame, Frame()
        done = [task.offset for task in frame.tasks]
        self.place = self.tracker.commit(done, released=released) or self.place
        for offset in done:
            self.tracker.finish(offset)
        self.deliveries.committed(frame)

    def turn(self) -> list[Task]:
        """One turn of the loop; what begins in it."""
        before = list(self.pool.begun)
        self.deliveries.turn()
        self.commit()
        return [task for task in self.pool.begun if task not in before]

    def end(self, task: Task) -> None:
        self.pool.begun.remove(task)
        task.outcome = Finished(b"", b"")
        self.frame.settle(task)
