"""Tasks that have ended, as frames are made of."""

from support.kafka.messages import message, task

from headway.outcomes.failed import Failed
from headway.outcomes.finished import Finished
from headway.owning.partition import OwnedPartition
from headway.taking.task import Outcome, Task

FINISHED = Finished(b"output", b"state")
FAILED = Failed.of(ValueError("odd"), envelope=None, at=0)


def ended_task(
    owner: OwnedPartition, outcome: Outcome, *, key: bytes = b"k", offset: int = 0
) -> Task:
    """A task of *owner* that has come to *outcome*."""
    ended = task(owner, offset=offset, received=message(key=key, offset=offset))
    ended.outcome = outcome
    return ended
