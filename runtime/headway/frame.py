"""A frame: all that a stage has to say since the last one, to be said in one transaction.

A job's states are coalesced here, the newest wins. Everything stays in the frame until its
transaction is committed, so an aborted one is said again, less what was lost meanwhile.
"""

from dataclasses import dataclass, field

from headway.owned import OwnedPartition
from headway.tasks import Duplicate, Failed, Finished, Task


@dataclass(slots=True)
class Frame:
    """What the next transaction carries. `settled` counts offsets done, said or not."""

    finished: list[Task] = field(default_factory=list)
    failed: list[Task] = field(default_factory=list)
    duplicates: int = 0
    running: dict[bytes, tuple[OwnedPartition, bytes]] = field(default_factory=dict)

    def settle(self, task: Task) -> bool:
        """Take in a task that has an outcome; false if it is dropped and its offset undone."""
        outcome = task.outcome
        if task.partition.lost:
            return False
        if isinstance(outcome, Finished):
            self.finished.append(task)
        elif isinstance(outcome, Failed):
            self.failed.append(task)
        elif isinstance(outcome, Duplicate):
            self.duplicates += 1
        else:
            return False
        task.partition.offsets.finish(task.offset)
        self.running.pop(task.key, None)
        return True

    def announce(self, task: Task, state: bytes) -> None:
        """Take in the RUNNING state of a task whose handler is at work."""
        task.announced = True
        self.running[task.key] = (task.partition, state)

    def drop_lost(self) -> None:
        """Forget what belongs to partitions that others own now."""
        self.finished = [task for task in self.finished if not task.partition.lost]
        self.failed = [task for task in self.failed if not task.partition.lost]
        self.running = {k: v for k, v in self.running.items() if not v[0].lost}

    @property
    def settled(self) -> int:
        return len(self.finished) + len(self.failed) + self.duplicates

    def __bool__(self) -> bool:
        return bool(self.settled or self.running)
