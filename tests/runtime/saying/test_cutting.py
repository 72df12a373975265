"""A frame is cut to what one transaction carries, and halved, and loses nothing by it."""

import pytest
from support.kafka.messages import partition
from support.rooms.frames import FAILED, FINISHED, ended_task

from headway.outcomes.duplicate import Duplicate
from headway.outcomes.finished import Finished
from headway.owning.partition import OwnedPartition
from headway.saying.frame import MOST_BYTES, MOST_TASKS, Frame


def test_a_frame_is_cut_to_what_one_transaction_carries() -> None:
    """By number and by size, from the front; what is left follows with the next."""
    # Given more tasks than fit, and one that is larger than all of them may be together
    frame, owner = Frame(), partition()
    for offset in range(MOST_TASKS + 1):
        frame.settle(ended_task(owner, FINISHED, key=b"%d" % offset, offset=offset))
    large = Finished(bytes(MOST_BYTES), b"")
    for offset in (MOST_TASKS + 1, MOST_TASKS + 2):
        frame.settle(ended_task(owner, large, key=b"%d" % offset, offset=offset))
    at_work = ended_task(owner, FINISHED, key=b"at work", offset=MOST_TASKS + 3)
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
        frame.settle(ended_task(owner, FINISHED, key=b"%d" % offset, offset=offset))
    for offset in range(5, 8):
        frame.announce(ended_task(owner, FINISHED, key=b"%d" % offset, offset=offset), b"running")
    frame.counted.append(ended_task(owner, FINISHED, key=b"8", offset=8))

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
        frame.settle(ended_task(owner, FINISHED, key=b"%d" % offset, offset=offset))
    other = ended_task(owner, FINISHED, key=b"other", offset=3)
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
    frame.settle(ended_task(owner, FINISHED))
    frame.announce(ended_task(owner, FINISHED, key=b"at work", offset=1), b"state")
    frame.counted.append(ended_task(owner, FINISHED, key=b"counted", offset=2))
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
    by_size.settle(ended_task(owner, Finished(bytes(MOST_BYTES - 1), b"")))
    by_size.settle(ended_task(owner, Finished(bytes(1 + more), b""), key=b"l", offset=1))
    for offset in range(MOST_TASKS + more):
        by_count.settle(ended_task(owner, Duplicate(), key=b"%d" % offset, offset=offset))

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
        frame.settle(ended_task(owner, half, key=b"%d" % offset, offset=offset))

    # When it is cut, then both go, and the third is left with its size
    assert len(frame.cut().tasks) == 2
    assert (len(frame.tasks), frame.size_bytes) == (1, MOST_BYTES // 2)


def test_the_size_of_a_frame_is_what_saying_it_takes(owner: OwnedPartition) -> None:
    """Outputs and states, and the original bytes of what becomes a dead letter."""
    # Given one task of each outcome
    frame, failed = Frame(), ended_task(owner, FAILED, key=b"f", offset=1)
    failed.size_bytes = 70

    # When they are taken in, then each says its size, and the frame their sum
    assert frame.settle(ended_task(owner, FINISHED)) == len(b"output") + len(b"state")
    assert frame.settle(failed) == 70
    assert frame.settle(ended_task(owner, Duplicate(), key=b"d", offset=2)) == 0
    assert frame.size_bytes == len(b"outputstate") + 70
