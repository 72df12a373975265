"""What a frame carries: the newest of every job, nothing of what others own now."""

import pytest
from support.kafka.messages import message, partition, task

from headway.outcomes.dropped import Dropped
from headway.outcomes.duplicate import Duplicate
from headway.outcomes.failed import Failed
from headway.outcomes.finished import Finished
from headway.owning.partition import OwnedPartition
from headway.saying.frame import MOST_BYTES, MOST_TASKS, Frame
from headway.taking.task import Outcome, Task

_FINISHED = Finished(b"output", b"state")
_FAILED = Failed.of(ValueError("odd"), envelope=None, at=0)


@pytest.fixture
def owner() -> OwnedPartition:
    return partition()


def _ended(owner: OwnedPartition, outcome: Outcome, *, key: bytes = b"k", offset: int = 0) -> Task:
    ended = task(owner, offset=offset, received=message(key=key, offset=offset))
    ended.outcome = outcome
    return ended


def test_an_empty_frame_has_nothing_to_say() -> None:
    """No transaction is opened for it."""
    # Given a new frame, when it is asked, then it is empty
    frame = Frame()
    assert not frame
    assert frame.partitions() == {}


@pytest.mark.parametrize("outcome", [_FINISHED, _FAILED, Duplicate()])
def test_a_settled_task_is_carried_and_its_offset_is_done_with_the_frame(
    owner: OwnedPartition, outcome: Outcome
) -> None:
    """Success, failure and duplicate move the watermark alike, once they are committed."""
    # Given a task with an outcome
    frame, ended = Frame(), _ended(owner, outcome, offset=4)

    # When the frame takes it in, then the offset is done with it and not before
    assert frame.settle(ended) is not None
    assert (bool(frame), frame.partitions()) == (True, {owner: [4]})
    assert owner.offsets.committable == 4


def test_a_duplicate_is_an_offset_and_no_record(owner: OwnedPartition) -> None:
    """Dropping a submission says nothing about the job, but must be committed."""
    # Given a duplicate, when the frame takes it in, then it is an offset and has no size
    frame = Frame()
    frame.settle(_ended(owner, Duplicate()))
    assert (frame.partitions(), frame.running, frame.size_bytes) == ({owner: [0]}, {}, 0)
    assert frame


def test_a_dropped_task_leaves_its_offset_undone(owner: OwnedPartition) -> None:
    """Whoever owns the partition next does it again."""
    # Given a task that was dropped
    frame, ended = Frame(), _ended(owner, Dropped(), offset=4)

    # When the frame is asked to take it in, then it refuses
    assert frame.settle(ended) is None
    assert not frame
    assert owner.offsets.committable == 4


def test_a_finished_task_of_a_lost_partition_is_not_carried(owner: OwnedPartition) -> None:
    """Its next owner does it again; two outputs must not come of it."""
    # Given a task that ended after its partition went
    frame, ended = Frame(), _ended(owner, _FINISHED)
    owner.lost = True

    # When the frame is asked to take it in, then it refuses
    assert frame.settle(ended) is None
    assert not frame


def test_the_end_of_a_job_replaces_its_running_state(owner: OwnedPartition) -> None:
    """One state a job and frame: the newest."""
    # Given a job announced in this frame
    frame, at_work = Frame(), _ended(owner, _FINISHED)
    frame.announce(at_work, b"running")
    assert at_work.announced
    assert frame.partitions() == {owner: []}

    # When it ends before the frame goes out, then only its end is told
    frame.settle(at_work)
    assert (frame.running, frame.tasks) == ({}, [at_work])


def test_a_running_state_is_told_of_each_job_once(owner: OwnedPartition) -> None:
    """Of two states of one key the later one is said; other keys are untouched."""
    # Given two jobs announced, one of them twice
    frame = Frame()
    first, other = (
        _ended(owner, _FINISHED, key=b"k"),
        _ended(owner, _FINISHED, key=b"l", offset=1),
    )
    frame.announce(first, b"old")
    frame.announce(other, b"other")

    # When it is announced again, then the newest is left
    frame.announce(first, b"new")
    assert frame.running == {b"k": (first, b"new"), b"l": (other, b"other")}


def test_what_belongs_to_lost_partitions_is_forgotten_and_nothing_else() -> None:
    """A frame that was aborted is said again less what went to others meanwhile."""
    # Given a frame with work of two partitions
    kept, lost = partition(1), partition(2)
    frame, at_work = Frame(), []
    for owner in (kept, lost):
        frame.settle(_ended(owner, _FINISHED, key=b"done"))
        frame.settle(_ended(owner, _FAILED, key=b"failed", offset=1))
        running = _ended(owner, _FINISHED, key=b"running-%d" % owner.index, offset=2)
        frame.announce(running, b"state")
        at_work.append(running)
        frame.counted.append(_ended(owner, _FINISHED, key=b"counted", offset=3))

    # When one of them is lost
    lost.lost = True
    dropped = frame.drop_lost()

    # Then only the other's work is left
    assert [task.partition for task in frame.tasks] == [kept, kept]
    assert [task.partition for task in dropped] == [lost, lost]
    assert list(frame.partitions()) == [kept]
    assert frame.running == {b"running-1": (at_work[0], b"state")}
    assert [task.partition for task in frame.counted] == [kept]
    assert frame.size_bytes == sum(task.said_bytes for task in frame.tasks)


def test_a_job_that_has_ended_is_not_said_to_be_at_work() -> None:
    """A frame that was aborted may be said again behind the one that told its end."""
    # Given a frame that says of two jobs that they are at work
    frame, owner = Frame(), partition()
    at_work, ended = (task(owner, received=message(key=key)) for key in (b"a", b"b"))
    frame.announce(at_work, b"running")
    frame.announce(ended, b"running")

    # When one of them has ended, then only the other is said to be
    ended.outcome = _FINISHED
    frame.drop_ended()
    assert frame.running == {b"a": (at_work, b"running")}


def test_a_frame_is_cut_to_what_one_transaction_carries() -> None:
    """By number and by size, from the front; what is left follows with the next."""
    # Given more tasks than fit, and one that is larger than all of them may be together
    frame, owner = Frame(), partition()
    for offset in range(MOST_TASKS + 1):
        frame.settle(_ended(owner, _FINISHED, key=b"%d" % offset, offset=offset))
    large = Finished(bytes(MOST_BYTES), b"")
    for offset in (MOST_TASKS + 1, MOST_TASKS + 2):
        frame.settle(_ended(owner, large, key=b"%d" % offset, offset=offset))
    at_work = _ended(owner, _FINISHED, key=b"at work", offset=MOST_TASKS + 3)
    frame.announce(at_work, b"running")
    assert not frame.fits

    # When it is cut until nothing is left
    parts = []
    while frame:
        parts.append(frame.cut())

    # Then each part is within the bounds, or one task, and nothing is lost or out of order
    assert [len(part.tasks) for part in parts] == [MOST_TASKS, 1, 1, 1, 0][: len(parts)]
    offsets = [task.offset for part in parts for task in part.tasks]
    assert offsets == list(range(MOST_TASKS + 3))
    assert parts[-1].running == {b"at work": (at_work, b"running")}
    assert frame.size_bytes == 0


def test_halves_say_the_same_in_the_same_order() -> None:
    """Down to what stands alone, which has no halves."""
    # Given a frame of several tasks, RUNNING states and counted deliveries
    frame, owner = Frame(), partition()
    for offset in range(5):
        frame.settle(_ended(owner, _FINISHED, key=b"%d" % offset, offset=offset))
    for offset in range(5, 8):
        frame.announce(_ended(owner, _FINISHED, key=b"%d" % offset, offset=offset), b"running")
    frame.counted.append(_ended(owner, _FINISHED, key=b"8", offset=8))

    # When it is halved until that is not possible
    whole, alone = [frame], list[Frame]()
    while whole:
        first = whole.pop(0)
        halves = first.halves()
        whole[:0] = halves or ()
        alone += [] if halves else [first]

    # Then every task and every state stands alone, and the counted stand together
    assert [task.offset for part in alone for task in part.tasks] == [0, 1, 2, 3, 4]
    assert [key for part in alone for key in part.running] == [b"5", b"6", b"7"]
    assert [[task.offset for task in part.counted] for part in alone if part.counted] == [[8]]
    assert [part.alone for part in alone] == [True] * 8 + [False]
    assert [part.size_bytes for part in alone] == [len(b"outputstate")] * 5 + [0] * 4


@pytest.mark.parametrize("beside", ["running", "counted"])
def test_halving_loses_nothing_of_what_stands_beside_the_tasks(
    owner: OwnedPartition, beside: str
) -> None:
    """The tasks are one half, and whatever else there is the other."""
    # Given several tasks with states, or with counted deliveries
    frame = Frame()
    for offset in range(3):
        frame.settle(_ended(owner, _FINISHED, key=b"%d" % offset, offset=offset))
    other = _ended(owner, _FINISHED, key=b"other", offset=3)
    if beside == "running":
        frame.announce(other, b"state")
    else:
        frame.counted.append(other)

    # When it is halved, then both halves together say what it said
    assert not frame.alone
    first, second = frame.halves() or (Frame(), Frame())
    assert (first.tasks, first.running, first.counted) == (frame.tasks, {}, [])
    assert (second.tasks, second.running, second.counted) == ([], frame.running, frame.counted)


def test_a_frame_that_fits_is_cut_off_whole(owner: OwnedPartition) -> None:
    """With its states and counted deliveries; nothing is left behind."""
    # Given a frame of each kind of thing
    frame = Frame()
    frame.settle(_ended(owner, _FINISHED))
    frame.announce(_ended(owner, _FINISHED, key=b"at work", offset=1), b"state")
    frame.counted.append(_ended(owner, _FINISHED, key=b"counted", offset=2))
    tasks, running, counted, size = frame.tasks, frame.running, frame.counted, frame.size_bytes

    # When it is cut, then all goes with the part, and what is left can be gone on with
    part = frame.cut()
    assert (part.tasks, part.running, part.counted, part.size_bytes) == (
        tasks,
        running,
        counted,
        size,
    )
    assert (frame.tasks, frame.running, frame.counted, frame.size_bytes) == ([], {}, [], 0)
    assert (bool(frame), frame.partitions()) == (False, {})


@pytest.mark.parametrize("more", [0, 1])
def test_exactly_what_a_transaction_carries_goes_out_in_one(
    owner: OwnedPartition, more: int
) -> None:
    """One byte or one task above it there are two."""
    # Given two frames, one at the bound of bytes, one at that of tasks
    by_size, by_count = Frame(), Frame()
    by_size.settle(_ended(owner, Finished(bytes(MOST_BYTES - 1), b"")))
    by_size.settle(_ended(owner, Finished(bytes(1 + more), b""), key=b"l", offset=1))
    for offset in range(MOST_TASKS + more):
        by_count.settle(_ended(owner, Duplicate(), key=b"%d" % offset, offset=offset))

    # When they are asked, and cut, then those at the bound fit
    for frame in (by_size, by_count):
        assert frame.fits is not bool(more)
        frame.cut()
        assert bool(frame) is bool(more)


def test_a_cut_goes_exactly_as_far_as_one_transaction_carries(owner: OwnedPartition) -> None:
    """The task that reaches the bound is carried still."""
    # Given tasks of which two reach the bound of bytes together
    frame = Frame()
    for offset in range(3):
        half = Finished(bytes(MOST_BYTES // 2), b"")
        frame.settle(_ended(owner, half, key=b"%d" % offset, offset=offset))

    # When it is cut, then both go, and the third is left with its size
    assert len(frame.cut().tasks) == 2
    assert (len(frame.tasks), frame.size_bytes) == (1, MOST_BYTES // 2)


def test_the_size_of_a_frame_is_what_saying_it_takes(owner: OwnedPartition) -> None:
    """Outputs and states, and the original bytes of what becomes a dead letter."""
    # Given one task of each outcome
    frame, failed = Frame(), _ended(owner, _FAILED, key=b"f", offset=1)
    failed.size_bytes = 70

    # When they are taken in, then each says its size, and the frame their sum
    assert frame.settle(_ended(owner, _FINISHED)) == len(b"output") + len(b"state")
    assert frame.settle(failed) == 70
    assert frame.settle(_ended(owner, Duplicate(), key=b"d", offset=2)) == 0
    assert frame.size_bytes == len(b"outputstate") + 70


def test_a_running_state_or_a_counted_delivery_alone_is_something_to_say(
    owner: OwnedPartition,
) -> None:
    """The start of a long job is told before anything ends."""
    # Given a frame with the one, and one with the other
    running, counted = Frame(), Frame()
    running.announce(_ended(owner, _FINISHED), b"state")
    counted.counted.append(_ended(owner, _FINISHED))

    # When they are asked, then neither is empty, and only what may be refused stands alone
    assert running
    assert counted
    assert (running.alone, counted.alone, Frame().alone) == (True, False, False)
    assert running.partitions() == counted.partitions() == {owner: []}
