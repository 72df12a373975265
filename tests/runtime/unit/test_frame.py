"""What a frame carries: the newest of every job, nothing of what others own now."""

import pytest
from support.messages import message, partition, task

from headway.frame import Frame
from headway.owned import OwnedPartition
from headway.tasks import Dropped, Duplicate, Failed, Finished, Outcome, Task

_FINISHED = Finished(b"output", b"state")
_FAILED = Failed(ValueError("odd"), retry_available=False, envelope=None, at=0)


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
    assert frame.settled == 0


@pytest.mark.parametrize("outcome", [_FINISHED, _FAILED, Duplicate()])
def test_a_settled_task_is_carried_and_its_offset_is_done(
    owner: OwnedPartition, outcome: Outcome
) -> None:
    """Success, failure and duplicate move the watermark alike."""
    # Given a task with an outcome
    frame, ended = Frame(), _ended(owner, outcome, offset=4)

    # When the frame takes it in, then there is something to say and the offset is done
    assert frame.settle(ended)
    assert (bool(frame), frame.settled) == (True, 1)
    assert owner.offsets.committable == 5


def test_a_duplicate_is_an_offset_and_no_record(owner: OwnedPartition) -> None:
    """Dropping a submission says nothing about the job, but must be committed."""
    # Given a duplicate, when the frame takes it in, then it carries no task
    frame = Frame()
    frame.settle(_ended(owner, Duplicate()))
    assert (frame.finished, frame.failed, frame.running) == ([], [], {})
    assert frame


def test_a_dropped_task_leaves_its_offset_undone(owner: OwnedPartition) -> None:
    """Whoever owns the partition next does it again."""
    # Given a task that was dropped
    frame, ended = Frame(), _ended(owner, Dropped(), offset=4)

    # When the frame is asked to take it in, then it refuses
    assert not frame.settle(ended)
    assert not frame
    assert owner.offsets.committable == 4


def test_a_finished_task_of_a_lost_partition_is_not_carried(owner: OwnedPartition) -> None:
    """Its next owner does it again; two outputs must not come of it."""
    # Given a task that ended after its partition went
    frame, ended = Frame(), _ended(owner, _FINISHED)
    owner.lost = True

    # When the frame is asked to take it in, then it refuses
    assert not frame.settle(ended)
    assert not frame


def test_the_end_of_a_job_replaces_its_running_state(owner: OwnedPartition) -> None:
    """One state a job and frame: the newest."""
    # Given a job announced in this frame
    frame, at_work = Frame(), _ended(owner, _FINISHED)
    frame.announce(at_work, b"running")
    assert at_work.announced
    assert bool(frame)
    assert frame.settled == 0

    # When it ends before the frame goes out, then only its end is told
    frame.settle(at_work)
    assert (frame.running, frame.finished) == ({}, [at_work])


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
    assert frame.running == {b"k": (owner, b"new"), b"l": (owner, b"other")}


def test_what_belongs_to_lost_partitions_is_forgotten_and_nothing_else() -> None:
    """A frame that was aborted is said again less what went to others meanwhile."""
    # Given a frame with work of two partitions
    kept, lost = partition(1), partition(2)
    frame = Frame()
    for owner in (kept, lost):
        frame.settle(_ended(owner, _FINISHED, key=b"done"))
        frame.settle(_ended(owner, _FAILED, key=b"failed", offset=1))
        running = _ended(owner, _FINISHED, key=b"running-%d" % owner.index, offset=2)
        frame.announce(running, b"state")

    # When one of them is lost
    lost.lost = True
    frame.drop_lost()

    # Then only the other's work is left
    assert [done.partition for done in frame.finished] == [kept]
    assert [failed.partition for failed in frame.failed] == [kept]
    assert frame.running == {b"running-1": (kept, b"state")}
