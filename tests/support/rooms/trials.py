"""Frames that are tried, and why they are aborted."""

from support.kafka.messages import message, partition, task

from headway.outcomes.finished import Finished
from headway.owning.partition import OwnedPartition
from headway.saying.fate import FrameAborted
from headway.saying.frame import Frame
from headway.taking.task import Task

OTHERWISE = FrameAborted("1 message(s) failed delivery")
OUTAGE = FrameAborted("coordinator not available", passing=True)


def ended_job(offset: int, owner: OwnedPartition | None = None) -> Task:
    """A task with an output whose key is named after its offset."""
    owner = owner or partition()
    ended = task(owner, offset=offset, received=message(key=b"job-%d" % offset, offset=offset))
    ended.outcome = Finished(b"output", b"state")
    return ended


def frame_of(count: int) -> Frame:
    """A frame of *count* jobs of one partition."""
    frame, owner = Frame(), partition()
    for offset in range(count):
        frame.settle(ended_job(offset, owner))
    return frame
