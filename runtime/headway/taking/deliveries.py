"""How often a record was handed over, counted durably where a crash went before.

A record may end the process that works at it: by a fault in native code, by taking all memory.
Whoever starts next would meet it again, for ever. What is committed says who went before:

released    the last owner let the partition go in order. The first records wait for one commit,
            which takes that word back; then nothing is counted and nothing waits.
unreleased  it may have crashed. Records begin only once it is committed that they begin, a few
            at a time. A record that was counted already was at work when its owner went. If
            that process has ended it is a suspect and runs alone, so that no other is counted
            for its sake; if it lives and only lost the partition, nothing is held against the
            record. At the limit it does not run again; it becomes a dead letter.
"""

from collections import deque
from collections.abc import Callable
from typing import Protocol

from headway.base.errors import WorkerCrashed
from headway.owning.partition import OwnedPartition
from headway.taking.task import Task


class Pool(Protocol):
    """Where tasks go."""

    def __len__(self) -> int: ...
    def submit(self, task: Task) -> None: ...
    def hurry(self) -> None: ...


class Said(Protocol):
    """The part of a frame that is needed here."""

    @property
    def counted(self) -> list[Task]: ...
    @property
    def tasks(self) -> list[Task]: ...


class Deliveries:
    """Stands between intake and pool; for the loop's thread.

    A record is handed over *most* times. The first *careful_records* of an unreleased partition
    are counted: what its last owner may have begun. At most *at_once* are counted and undone at
    any time, for as many are suspects if the process ends. *ended* says whether the process of
    a life has (None: not known yet). *count* has the deliveries of tasks committed, *free* makes
    room for a task that is dropped.
    """

    def __init__(
        self,
        pool: Pool,
        *,
        most: int,
        careful_records: int,
        at_once: int,
        ended: Callable[[str], bool | None],
        count: Callable[[list[Task]], None],
        free: Callable[[Task], None],
    ) -> None:
        self._pool = pool
        self._most = most
        self._careful_records = careful_records
        self._at_once = at_once
        self._ended = ended
        self._count = count
        self._free = free
        self._careful: dict[OwnedPartition, int] = {}
        self._marking: dict[OwnedPartition, list[Task]] = {}
        self._known: deque[Task] = deque()
        self._uncounted: deque[Task] = deque()
        self._doubtful: deque[Task] = deque()
        self._suspects: deque[Task] = deque()
        self._counting: list[Task] = []
        self._undone: set[Task] = set()
        self._suspect: Task | None = None

    def __len__(self) -> int:
        """Tasks that wait here to begin."""
        marking = sum(map(len, self._marking.values()))
        return marking + len(self._counting) + sum(map(len, self._queues()))

    def submit(self, task: Task) -> None:
        """Let *task* begin: now, or when it is safe to."""
        partition = task.partition
        if partition not in self._careful:
            self._meet(task)
        elif partition in self._marking:
            self._marking[partition].append(task)
        elif self._careful[partition] > 0:
            self._careful[partition] -= 1
            task.deliveries = partition.offsets.delivered(task.offset)
            (self._doubtful if task.deliveries else self._uncounted).append(task)
        elif self._suspects or self._suspect:
            self._known.append(task)
        else:
            self._pool.submit(task)

    def turn(self) -> None:
        """Count or begin what may be; once a turn of the loop."""
        self._forget_lost()
        if self._doubtful:
            self._judge()
        if self._suspect or self._counting:
            return
        if self._suspects:
            if not (self._undone or len(self._pool)):
                self._suspect = self._suspects.popleft()
                self._hand_over([self._suspect])
            return
        while self._known:
            self._pool.submit(self._known.popleft())
        few = min(self._at_once - len(self._undone), len(self._uncounted))
        if few > 0:
            self._hand_over([self._uncounted.popleft() for _ in range(few)])

    def committed(self, frame: Said) -> None:
        """What *frame* counted may begin, and what it told of is done."""
        for task in frame.counted:
            for waiting in self._marking.pop(task.partition, ()):
                self._pool.submit(waiting)
        if self._counting and self._counting[0] in frame.counted:
            self._undone.update(self._counting)
            for task in self._counting:
                self._pool.submit(task)
                self._acquit(task.partition)
            self._counting = []
            self._pool.hurry()  # until some of these are done nothing follows
        if self._undone:
            self._undone.difference_update(frame.tasks)
            if self._suspect not in self._undone:
                self._suspect = None

    def _meet(self, task: Task) -> None:
        """The first record of a partition since it was taken over."""
        partition = task.partition
        if partition.offsets.unclean:
            self._careful[partition] = self._careful_records
            self.submit(task)
        else:
            self._careful[partition] = 0
            self._marking[partition] = [task]
            self._count([task])

    def _judge(self) -> None:
        """Records that were at work when their owner went: it ended, or it lives."""
        for _ in range(len(self._doubtful)):
            task = self._doubtful.popleft()
            ended = self._ended(task.partition.offsets.last_life)
            if ended is None:
                self._doubtful.append(task)
            else:
                (self._suspects if ended else self._uncounted).append(task)

    def _acquit(self, partition: OwnedPartition) -> None:
        """Nothing is counted any more where the last owner lives, and our word is committed."""
        if self._ended(partition.offsets.last_life) is False:
            self._careful[partition] = 0
            self._known += [task for task in self._uncounted if task.partition is partition]
            self._uncounted = deque(t for t in self._uncounted if t.partition is not partition)

    def _hand_over(self, tasks: list[Task]) -> None:
        for task in tasks:
            lives = self._ended(task.partition.offsets.last_life) is False
            # Not counted before: the owner that is gone may have had it at work all the same.
            task.deliveries = max(task.deliveries, 1) + (0 if lives else 1)
            if task.deliveries > self._most:
                task.given_up = WorkerCrashed(
                    f"The process that worked on this job ended {self._most} times while it was "
                    "at work; the job is not begun again. Its log says how it ended"
                )
            task.partition.offsets.announce(task.offset, task.deliveries)
        self._counting = tasks
        self._count(tasks)

    def _queues(self) -> tuple[deque[Task], ...]:
        return self._known, self._uncounted, self._doubtful, self._suspects

    def _forget_lost(self) -> None:
        """What waits of partitions that are gone is dropped; what began the pool gives back."""
        if not any(partition.lost for partition in self._careful):
            return
        waiting = [*self._counting, *(task for queue in self._queues() for task in queue)]
        waiting += [task for tasks in self._marking.values() for task in tasks]
        for task in waiting:
            if task.partition.lost:
                self._free(task)
        self._careful = {p: left for p, left in self._careful.items() if not p.lost}
        self._marking = {p: tasks for p, tasks in self._marking.items() if not p.lost}
        for queue in self._queues():
            kept = [task for task in queue if not task.partition.lost]
            queue.clear()
            queue.extend(kept)
        self._counting = [task for task in self._counting if not task.partition.lost]
        self._undone = {task for task in self._undone if not task.partition.lost}
        if self._suspect and self._suspect.partition.lost:
            self._suspect = None
