"""Handlers side by side: a fixed number of threads, and one task at a time for a key.

A task costs two passes through a `SimpleQueue` and no lock of our own; what a thread works at
is left in its slot for the loop to look at.
"""

import math
import threading
from collections import deque
from collections.abc import Callable
from queue import Empty, SimpleQueue

from headway.base.errors import StageHalted
from headway.base.words import message_of
from headway.taking.task import Outcome, Task


class WorkerPool:
    """Runs *work* on tasks; all methods are for the one thread of the loop.

    Threads are daemons: a handler that never returns cannot keep the process alive.
    """

    def __init__(self, work: Callable[[Task], Outcome], *, threads: int, name: str) -> None:
        self._work = work
        self._inbox: SimpleQueue[Task | None] = SimpleQueue()
        self._outbox: SimpleQueue[Task] = SimpleQueue()
        self._slots: list[Task | None] = [None] * threads
        #: Of each key that is at work, what comes after; mostly nothing, and no queue is made.
        self._waiting: dict[bytes, deque[Task] | None] = {}
        #: Called with a task of whose key no other is open.
        self._start: Callable[[Task], None] = self._inbox.put
        self._size = self._size_bytes = 0
        self._fault: BaseException = AssertionError("no outcome")
        self._threads = [
            threading.Thread(target=self._run, args=(slot,), name=f"{name}-{slot}", daemon=True)
            for slot in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def __len__(self) -> int:
        """Tasks submitted and not yet collected."""
        return self._size

    @property
    def size_bytes(self) -> int:
        """Bytes of the records of those tasks."""
        return self._size_bytes

    @property
    def at_work(self) -> bool:
        """Whether the loop has to look at it again at once."""
        return self._size > 0

    @property
    def due_seconds(self) -> float:
        """How long it may be left alone while nothing is at work."""
        return math.inf

    def hurry(self) -> None:
        """Nothing more comes for now: whatever waits for company begins."""

    def submit(self, task: Task) -> None:
        """Hand over *task*; it starts when a thread is free and no task of its key is open."""
        self._size += 1
        self._size_bytes += task.size_bytes
        if task.key not in self._waiting:
            self._waiting[task.key] = None
            self._start(task)
        elif (waiting := self._waiting[task.key]) is None:
            self._waiting[task.key] = deque([task])
        else:
            waiting.append(task)

    def collect(self, *, most: int, timeout: float) -> list[Task]:
        """Tasks that have an outcome, at most *most*; waits up to *timeout* s for the first.

        Raises:
            StageHalted: work raised instead of returning an outcome.
        """
        done: list[Task] = []
        try:
            if timeout > 0:
                done.append(self._outbox.get(timeout=timeout))
            while len(done) < most:
                done.append(self._outbox.get_nowait())
        except Empty:
            pass
        for task in done:
            if task.outcome is None:
                raise _halted(task, self._fault) from self._fault
            self._release(task)
        return done

    def running(self) -> list[Task]:
        """Tasks whose handlers run just now; a task may end while the caller looks at it."""
        return [task for task in self._slots if task is not None and task.envelope is not None]

    def close(self) -> None:
        """End the threads that are idle; does not wait for handlers that still run."""
        for _ in self._threads:
            self._inbox.put(None)

    def _release(self, task: Task) -> None:
        self._size -= 1
        self._size_bytes -= task.size_bytes
        waiting = self._waiting.pop(task.key)
        if waiting:
            self._waiting[task.key] = waiting
            self._start(waiting.popleft())

    def _run(self, slot: int) -> None:
        while (task := self._inbox.get()) is not None:
            self._slots[slot] = task
            try:
                task.outcome = self._work(task)
            except BaseException as error:  # noqa: BLE001 - told by `collect`, never a lost thread
                self._fault = error
            self._slots[slot] = None
            self._outbox.put(task)


def _halted(task: Task, fault: BaseException) -> StageHalted:
    place = f"partition {task.partition.index} offset {task.offset}"
    return StageHalted(f"a thread of the stage failed at {place}: {message_of(fault)}")
