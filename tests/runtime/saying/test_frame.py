"""What a frame carries: the newest of every job, nothing of what others own now."""

import pytest
from support.kafka.messages import message, partition, task
from support.rooms.frames import FAILED, FINISHED, ended_task

from headway.outcomes.dropped import Dropped
from headway.outcomes.duplicate import Duplicate
from headway.owning.partition import OwnedPartition
from headway.saying.frame import Frame
from headway.taking.task import Outcome


def test_an_empty_frame_has_nothing_to_say() -> None:
    """No transaction is opened for it."""
    # Given a new frame, when it is asked, then it is empty
    frame = Frame()
    assert not frame
    assert frame.partitions() == {}


@pytest.mark.parametrize("outcome", [FINISHED, FAILED, Duplicate()])
def test_a_settled_task_is_carried_and_its_offset_is_done_with_the_frame(
    owner: OwnedPartition, outcome: Outcome
) -> None:
    """Success, failure and duplicate move the watermark alike, once they are committed."""
    # Given a task with an outcome
    frame, ended = Frame(), ended_task(owner, outcome, offset=4)

    # When the frame takes it in, then the offset is done with it and not before
    assert frame.settle(ended) is not None
    assert (bool(frame), frame.partitions()) == (True, {owner: [4]})
    assert owner.offsets.committable == 4


def test_a_duplicate_is_an_offset_and_no_record(owner: OwnedPartition) -> None:
    """Dropping a submission says nothing about the job, but must be committed."""
    # Given a duplicate, when the frame takes it in, then it is an offset and has no size
    frame = Frame()
    frame.settle(ended_task(owner, Duplicate()))
    assert (frame.partitions(), frame.running, frame.size_bytes) == ({owner: [0]}, {}, 0)
    assert frame


def test_a_dropped_task_leaves_its_offset_undone(owner: OwnedPartition) -> None:
    """Whoever owns the partition next does it again."""
    # Given a task that was dropped
    frame, ended = Frame(), ended_task(owner, Dropped(), offset=4)

    # When the frame is asked to take it in, then it refuses
    assert frame.settle(ended) is None
    assert not frame
    assert owner.offsets.committable == 4


def test_a_finished_task_of_a_lost_partition_is_not_carried(owner: OwnedPartition) -> None:
    """Its next owner does it again; two outputs must not come of it."""
    # Given a task that ended after its partition went
    frame, ended = Frame(), ended_task(owner, FINISHED)
    owner.lost = True

    # When the frame is asked to take it in, then it refuses
    assert frame.settle(ended) is None
    assert not frame


def test_the_end_of_a_job_replaces_its_running_state(owner: OwnedPartition) -> None:
    """One state a job and frame: the newest."""
    # Given a job announced in this frame
    frame, at_work = Frame(), ended_task(owner, FINISHED)
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
        ended_task(owner, FINISHED, key=b"k"),
        ended_task(owner, FINISHED, key=b"l", offset=1),
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
        frame.settle(ended_task(owner, FINISHED, key=b"done"))
        frame.settle(ended_task(owner, FAILED, key=b"failed", offset=1))
        running = ended_task(owner, FINISHED, key=b"running-%d" % owner.index, offset=2)
        frame.announce(running, b"state")
        at_work.append(running)
        frame.counted.append(ended_task(owner, FINISHED, key=b"counted", offset=3))

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
    ended.outcome = FINISHED
    frame.drop_ended()
    assert frame.running == {b"a": (at_work, b"running")}


def test_a_running_state_or_a_counted_delivery_alone_is_something_to_say(
    owner: OwnedPartition,
) -> None:
    """The start of a long job is told before anything ends."""
    # Given a frame with the one, and one with the other
    running, counted = Frame(), Frame()
    running.announce(ended_task(owner, FINISHED), b"state")
    counted.counted.append(ended_task(owner, FINISHED))

    # When they are asked, then neither is empty, and only what may be refused stands alone
    assert running
    assert counted
    assert (running.alone, counted.alone, Frame().alone) == (True, False, False)
    assert running.partitions() == counted.partitions() == {owner: []}
