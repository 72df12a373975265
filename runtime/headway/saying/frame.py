"""A frame: all that a stage has to say since the last one, to be said in one transaction.

A job's states are coalesced here, the newest wins. An offset counts as done only once its frame
is committed, so a frame that is aborted may be said again whole, in parts, or never.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from headway.owning.partition import OwnedPartition
from headway.taking.task import Task

#: What one transaction carries at most. Larger ones gain nothing and must end within the
#: transaction's time-out; the client's own queue holds 100,000 records.
MOST_TASKS: Final = 5000
MOST_BYTES: Final = 16 * 1024 * 1024


@dataclass(slots=True)
class Frame:
    """What the next transaction carries, in the order in which it came about.

    `counted` are tasks whose delivery is written down before they begin. `led` are the offsets of
    leading records, by task, from the last time that the frame was said.
    """

    tasks: list[Task] = field(default_factory=list)
    running: dict[bytes, tuple[Task, bytes]] = field(default_factory=dict)
    counted: list[Task] = field(default_factory=list)
    size_bytes: int = 0
    led: Mapping[Task, Sequence[int]] = field(default_factory=dict)

    def settle(self, task: Task) -> int | None:
        """Take in a task that has an outcome; the bytes that saying it takes.

        None if the task is dropped, and its offset stays undone.
        """
        outcome = task.outcome
        if task.partition.lost or outcome is None or not outcome.offset_done:
            return None
        if task.trace is not None and outcome.traced:
            task.trace.settled()
        task.said_bytes = size = outcome.size_bytes(task)
        self.tasks.append(task)
        self.size_bytes += size
        if self.running and task.key in self.running and self.running[task.key][0] is task:
            del self.running[task.key]  # not where a command ends that is about the same job
        return size

    def announce(self, task: Task, state: bytes) -> None:
        """Take in the RUNNING state of a task whose handler is at work."""
        task.announced, task.told = True, False
        self.running[task.key] = (task, state)

    def drop_lost(self) -> list[Task]:
        """Forget what belongs to partitions that others own now; gives the tasks that were."""
        lost = [task for task in self.tasks if task.partition.lost]
        if lost:
            self.tasks = [task for task in self.tasks if not task.partition.lost]
            self.size_bytes = _sum(self.tasks)
        self.running = {k: v for k, v in self.running.items() if not v[0].partition.lost}
        self.counted = [task for task in self.counted if not task.partition.lost]
        return lost

    def drop_ended(self) -> None:
        """Forget that a job is at work which has ended: its end may be said already.

        A frame that was aborted may be said again behind others, and what is said last is what a
        compacted topic keeps.
        """
        self.running = {k: v for k, v in self.running.items() if v[0].outcome is None}

    def cut(self) -> "Frame":
        """What fits one transaction, taken off the front; at least one task if there is any."""
        if self.fits:
            whole = Frame(self.tasks, self.running, self.counted, self.size_bytes)
            self.tasks, self.running, self.counted, self.size_bytes = [], {}, [], 0
            return whole
        count = size = 0
        for task in self.tasks[:MOST_TASKS]:
            size += task.said_bytes
            if count and size > MOST_BYTES:
                break
            count += 1
        part = _of(self.tasks[:count])
        self.tasks = self.tasks[count:]
        self.size_bytes -= part.size_bytes
        return part

    def halves(self) -> "tuple[Frame, Frame] | None":
        """Two frames that together say the same, in order; None if nothing is left to part."""
        if self.tasks and (self.running or self.counted):
            return _of(self.tasks), Frame(running=self.running, counted=self.counted)
        if len(self.tasks) > 1:
            middle = len(self.tasks) // 2
            return _of(self.tasks[:middle]), _of(self.tasks[middle:])
        if self.running and self.counted:
            return Frame(running=self.running), Frame(counted=self.counted)
        if len(self.running) > 1:
            items, middle = list(self.running.items()), len(self.running) // 2
            return Frame(running=dict(items[:middle])), Frame(running=dict(items[middle:]))
        return None

    @property
    def fits(self) -> bool:
        """Whether one transaction carries it all."""
        return len(self.tasks) <= MOST_TASKS and self.size_bytes <= MOST_BYTES

    @property
    def alone(self) -> bool:
        """Whether it cannot be halved: what is wrong with it is wrong with the one thing in it."""
        return len(self.tasks) + len(self.running) == 1

    def partitions(self) -> dict[OwnedPartition, list[int]]:
        """Every partition this frame speaks of, with the offsets that are done with it."""
        done: dict[OwnedPartition, list[int]] = {}
        for partition in self._spoken_of():
            done.setdefault(partition, [])
        for task in self.tasks:
            done.setdefault(task.partition, []).append(task.offset)
        return done

    def __bool__(self) -> bool:
        return bool(self.tasks or self.running or self.counted)

    def _spoken_of(self) -> Iterator[OwnedPartition]:
        yield from (task.partition for task, _ in self.running.values())
        yield from (task.partition for task in self.counted)


def _of(tasks: list[Task]) -> Frame:
    return Frame(tasks, size_bytes=_sum(tasks))


def _sum(tasks: list[Task]) -> int:
    return sum(task.said_bytes for task in tasks)
