"""Handlers side by side: keys in order, threads at work, nothing lost."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from support.kafka.messages import message, partition, task
from support.waiting import DEADLINE_SECONDS

from headway.base.errors import StageHalted
from headway.handling.pool import WorkerPool
from headway.outcomes.dropped import Dropped
from headway.taking.task import Outcome, Task

_DROPPED = Dropped()


@contextmanager
def _pool(work: Callable[[Task], Outcome], *, threads: int) -> Iterator[WorkerPool]:
    pool = WorkerPool(work, threads=threads, name="test")
    try:
        yield pool
    finally:
        pool.close()
        for thread in pool._threads:
            thread.join(DEADLINE_SECONDS)
            assert not thread.is_alive()


def _task(key: bytes, offset: int = 0, value: bytes = b"") -> Task:
    return task(partition(), offset=offset, received=message(value, key=key, offset=offset))


def _collect(pool: WorkerPool, count: int) -> list[Task]:
    ended: list[Task] = []
    while len(ended) < count:
        found = pool.collect(most=count - len(ended), timeout=DEADLINE_SECONDS)
        assert found, "no task ended in time"
        ended += found
    return ended


def test_tasks_of_different_keys_run_at_the_same_time() -> None:
    """As many handlers run at once as there are threads."""
    # Given handlers that end only when three of them run
    together = threading.Barrier(3)

    def work(_: Task) -> Outcome:
        together.wait(DEADLINE_SECONDS)
        return _DROPPED

    # When three tasks of different keys are submitted to three threads
    with _pool(work, threads=3) as pool:
        for key in (b"a", b"b", b"c"):
            pool.submit(_task(key))

        # Then all end, which none would alone
        assert len(_collect(pool, 3)) == 3
    assert not together.broken


def test_tasks_of_one_key_run_one_after_another_in_their_order() -> None:
    """A job's records never overtake each other, however many threads are free."""
    # Given a handler that notes what runs, and how many at once
    at_work, most, order = 0, 0, []
    guard = threading.Lock()

    def work(running: Task) -> Outcome:
        nonlocal at_work, most
        with guard:
            at_work += 1
            most = max(most, at_work)
            order.append(running.offset)
        with guard:
            at_work -= 1
        return _DROPPED

    # When many tasks of one key meet many threads
    with _pool(work, threads=8) as pool:
        for offset in range(200):
            pool.submit(_task(b"same", offset))
        _collect(pool, 200)

    # Then they ran in order, one at a time
    assert (order, most) == (list(range(200)), 1)


def test_a_task_waits_until_the_one_before_it_was_collected() -> None:
    """The loop has settled a job's record before its next one starts."""
    # Given two tasks of one key whose first has ended, uncollected, and one of another key
    started: list[int] = []
    other_ran = threading.Event()

    def work(running: Task) -> Outcome:
        started.append(running.offset)
        if running.key == b"other":
            other_ran.set()
        return _DROPPED

    with _pool(work, threads=1) as pool:
        pool.submit(_task(b"same", 1))
        pool.submit(_task(b"same", 2))
        pool.submit(_task(b"other", 3))

        # When the one thread has come to the other key, then the second was passed over
        assert other_ran.wait(DEADLINE_SECONDS)
        assert started == [1, 3]

        # And it runs once the first is collected
        _collect(pool, 3)
    assert started == [1, 3, 2]


def test_size_counts_what_was_submitted_and_not_collected() -> None:
    """Back-pressure goes by records and bytes in hand, ended ones included."""
    # Given a pool with two tasks, one of which waits for its key
    with _pool(lambda _: _DROPPED, threads=2) as pool:
        pool.submit(_task(b"k", 0, b"12345"))
        pool.submit(_task(b"k", 1, b"123"))
        assert (len(pool), pool.size_bytes) == (2, 8)

        # When one is collected, then it counts no more
        _collect(pool, 1)
        assert (len(pool), pool.size_bytes) == (1, 3)
        _collect(pool, 1)
        assert (len(pool), pool.size_bytes) == (0, 0)


def test_collecting_takes_no_more_than_asked_for_and_does_not_wait_for_more() -> None:
    """A frame is bounded, and goes out with what there is."""
    # Given three tasks that have ended
    ended = threading.Semaphore(0)

    def work(_: Task) -> Outcome:
        ended.release()
        return _DROPPED

    with _pool(work, threads=1) as pool:
        assert pool.collect(most=5, timeout=0) == []
        for key in (b"a", b"b", b"c"):
            pool.submit(_task(key))
        assert all(ended.acquire(timeout=DEADLINE_SECONDS) for _ in range(3))

        # When two are asked for, then two come
        assert len(_collect(pool, 2)) == 2
        assert len(pool) == 1
        _collect(pool, 1)


def test_running_tasks_are_those_whose_handler_was_called() -> None:
    """A task that waits, or is still being opened, is not RUNNING to anybody."""
    # Given a worker stopped before, then inside its handler
    opened, called, go_on = threading.Event(), threading.Event(), threading.Event()

    def work(running: Task) -> Outcome:
        opened.set()
        assert go_on.wait(DEADLINE_SECONDS)
        go_on.clear()
        running.envelope = {"job_id": "k"}
        called.set()
        assert go_on.wait(DEADLINE_SECONDS)
        return _DROPPED

    with _pool(work, threads=1) as pool:
        at_work, waiting = _task(b"k", 0), _task(b"other", 1)
        pool.submit(at_work)
        assert opened.wait(DEADLINE_SECONDS)

        # When the record is being opened, then nothing runs
        assert pool.running() == []

        # When the handler is called, then the task runs; when it has ended, it does not
        go_on.set()
        assert called.wait(DEADLINE_SECONDS)
        assert pool.running() == [at_work]
        go_on.set()
        assert _collect(pool, 1) == [at_work]
        assert pool.running() == []

        pool.submit(waiting)
        go_on.set()
        called.clear()
        assert called.wait(DEADLINE_SECONDS)
        go_on.set()
        _collect(pool, 1)


@pytest.mark.parametrize("threads", [1, 4])
def test_what_the_work_returned_is_the_outcome(threads: int) -> None:
    """Outcomes stay with their tasks, whichever thread made them."""
    # Given work whose outcome is a value of its own for each task
    made: dict[int, Outcome] = {}

    def work(running: Task) -> Outcome:
        return made.setdefault(running.offset, Dropped())

    # When many tasks end
    with _pool(work, threads=threads) as pool:
        for offset in range(50):
            pool.submit(_task(b"%d" % (offset % 7), offset))
        ended = _collect(pool, 50)

    # Then each has its own
    assert all(item.outcome is made[item.offset] for item in ended)


@pytest.mark.parametrize("error", [MemoryError(), SystemExit(3), LookupError("a bug")])
def test_work_that_raises_halts_the_stage_and_loses_no_thread(error: BaseException) -> None:
    """Work promises an outcome; where there is none the job must not wait for ever, unseen."""

    # Given work that raises for one task
    def work(running: Task) -> Outcome:
        if running.key == b"bad":
            raise error
        return _DROPPED

    with _pool(work, threads=1) as pool:
        pool.submit(_task(b"bad", 7))

        # When its end is gathered, then the stage is told to halt, and by what
        with pytest.raises(StageHalted, match="offset 7") as halted:
            _collect(pool, 1)
        assert halted.value.__cause__ is error

        # And the thread works on
        pool.submit(_task(b"good"))
        assert [task.key for task in _collect(pool, 1)] == [b"good"]
