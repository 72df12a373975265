"""Tasks of a pool that hands them over together: who goes with whom, when, and on which thread."""

import threading
from collections.abc import Callable, Iterator, Sequence

import pytest
from support.clock import ManualClock
from support.kafka.messages import partition
from support.rooms.batching import DROPPED, Threads, task_of
from support.waiting import DEADLINE_SECONDS, wait_until

from headway.base.errors import StageHalted
from headway.batching.call import Ended
from headway.batching.collecting import Collected
from headway.batching.pool import BatchPool
from headway.declared.stage import Batch
from headway.owning.partition import OwnedPartition
from headway.taking.task import Task


@pytest.fixture
def threads(clock: ManualClock) -> Iterator[Threads]:
    made = Threads(clock)
    yield made
    made.gate.set()
    made.pool.close()
    for thread in made.pool._threads:
        thread.join(DEADLINE_SECONDS)
        assert not thread.is_alive()


def test_enough_tasks_go_at_once_and_fewer_when_the_first_has_waited(threads: Threads) -> None:
    """Nobody waits for a number that may never come."""
    # Given four tasks where three are enough, when they come, then three go
    threads.submit(1, 2, 3, 4)
    threads.wait_until_begun([1, 2, 3])

    # And the fourth goes when it has waited, with whoever has come meanwhile
    threads.clock.advance(1.9)
    threads.submit(5)
    threads.wait_until_begun([1, 2, 3])
    threads.clock.advance(0.1)
    threads.wait_until_begun([1, 2, 3], [4, 5])
    threads.gate.set()
    assert threads.collect(5) == {1, 2, 3, 4, 5}
    assert len(threads.pool) == 0


def test_the_loop_may_sleep_until_the_first_is_due(threads: Threads) -> None:
    """Waiting for company costs no turns, and holds no thread."""
    # Given nothing, when a task comes and waits, then nothing is at work for as long as that
    assert threads.pool.due_seconds == float("inf")
    threads.submit(1)
    assert (len(threads.pool), threads.pool.at_work) == (1, False)
    assert threads.pool.due_seconds == 2
    threads.clock.advance(0.5)
    assert threads.pool.due_seconds == 1.5

    # And while it is at work, the loop looks after it
    threads.clock.advance(1.5)
    threads.wait_until_begun([1])
    assert threads.pool.at_work


def test_what_comes_while_all_threads_are_at_work_makes_larger_batches(threads: Threads) -> None:
    """A row of small batches would cost as many calls as it has."""
    # Given both threads at work, and two tasks that have waited long enough
    threads.submit(*range(6))
    threads.wait_until_begun([0, 1, 2], [3, 4, 5])
    threads.submit(6, 7)
    threads.clock.advance(5)
    threads.pool.collect(most=1, timeout=0)

    # When a third comes, and a thread is free again, then it goes with them
    threads.submit(8)
    threads.gate.set()
    threads.collect(6)
    threads.wait_until_begun([0, 1, 2], [3, 4, 5], [6, 7, 8])


def test_a_task_of_another_kind_goes_by_itself(threads: Threads) -> None:
    """Commands, and whatever the stage does not hand over together."""
    # Given a batch that waits, when a single one comes, then it is done at once
    threads.submit(1)
    threads.pool.submit(task_of(b"single", 9))
    assert threads.collect(1) == {9}
    assert (threads.alone, threads.batches) == ([9], [])


def test_two_tasks_of_one_key_are_never_in_one_batch(threads: Threads) -> None:
    """A job's second record has its turn when the first is settled."""
    # Given two tasks of one key and one of another
    for offset, key in enumerate((b"same", b"same", b"other")):
        threads.pool.submit(task_of(key, offset))

    # When they have waited, then the second of the key is left out, and follows
    threads.clock.advance(2)
    threads.wait_until_begun([0, 2])
    threads.gate.set()
    threads.collect(2)
    threads.clock.advance(2)
    threads.wait_until_begun([0, 2], [1])


def test_a_task_that_ends_early_is_collected_while_others_of_its_batch_run(
    clock: ManualClock,
) -> None:
    """What is certain of one is told at once; its thread stays with the others."""
    # Given a batch whose first has ended, and whose second runs
    gate = threading.Event()

    def many(tasks: Sequence[Task], ended: Ended) -> None:
        for number, each in enumerate(tasks):
            each.envelope = {}
            if number:
                gate.wait(DEADLINE_SECONDS)
            ended(each, DROPPED)

    pool = BatchPool(
        lambda _: DROPPED,
        many=many,
        joins=lambda _: True,
        collected=Collected(Batch(size=2), clock=clock),
        full=lambda: False,
        stopping=threading.Event(),
        threads=1,
        name="test",
    )
    first, second = task_of(b"a", 1), task_of(b"b", 2)
    pool.submit(first)
    pool.submit(second)

    # When the loop looks, then it gets the first, and sees the second at work
    assert pool.collect(most=2, timeout=DEADLINE_SECONDS) == [first]
    wait_until(lambda: pool.running() == [second], pool.running)
    assert len(pool) == 1
    gate.set()
    assert pool.collect(most=2, timeout=DEADLINE_SECONDS) == [second]
    assert pool.running() == []
    pool.close()


@pytest.mark.parametrize("why", ["stopping", "full", "hurry"])
def test_nobody_is_waited_for_when_nobody_comes(threads: Threads, why: str) -> None:
    """The stage stops, the buffer is full, or those that are counted are all there are."""
    # Given a task that waits
    threads.submit(1)

    # When no other may come, then it goes at once
    if why == "hurry":
        threads.pool.hurry()
    threads.full = why == "full"
    if why == "stopping":
        threads.stopping.set()
    threads.wait_until_begun([1])


def test_a_lost_task_goes_by_itself_at_once(threads: Threads) -> None:
    """It is only to be dropped; whoever waits with it waits on."""
    # Given two that wait, when the partition of one is lost
    lost = partition()
    threads.submit(1, owner=lost)
    threads.submit(2)
    lost.lost = True

    # Then that one ends, and the other waits
    assert threads.collect(1) == {1}
    assert (threads.alone, threads.batches) == ([1], [])


def test_a_task_that_is_cancelled_while_it_waits_ends_at_once(threads: Threads) -> None:
    """Its command comes with its key, and waits for no batch to fill."""
    # Given two that wait, and the cancel of one
    owner = partition()
    threads.submit(1, 2, owner=owner)
    orders = OwnedPartition("job-commands", owner.index, partition().offsets, orders=True)
    owner.jobs.held.cancel("job-1", 1)

    # When the command is taken, then that one ends, and the command after it
    threads.pool.submit(task_of(b"job-1", 7, orders))
    assert threads.collect(1) == {1}
    assert (threads.alone, threads.batches) == ([1], [])


def test_work_that_raises_instead_of_ending_its_tasks_halts_the_stage(threads: Threads) -> None:
    """A thread of the stage must not be lost in silence, and no task with it."""
    # Given work that raises, when a batch is handed over, then whoever collects is told
    threads.fault = MemoryError("none left")
    threads.submit(1, 2, 3)
    with pytest.raises(StageHalted, match="none left"):
        threads.collect(1)


def test_all_that_is_submitted_ends_once_whatever_the_batches(threads: Threads) -> None:
    """A thousand tasks, some alone, in batches of three on two threads."""
    # Given a thousand tasks
    threads.gate.set()
    kinds: list[Callable[[int], bytes]] = [lambda n: b"single-%d" % n, lambda n: b"job-%d" % n]
    for number in range(1000):
        threads.pool.submit(task_of(kinds[number % 5 > 0](number), number))

    # When they are collected, then each has ended once, and batches were full but for the last
    threads.stopping.set()
    assert threads.collect(1000) == set(range(1000))
    in_batches = [offset for batch in threads.batches for offset in batch]
    assert sorted([*threads.alone, *in_batches]) == list(range(1000))
    assert sum(len(batch) < 3 for batch in threads.batches) <= 1
