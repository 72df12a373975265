"""What kinds of passes there are, as the rest of the scheduler calls them.

A pass is one rule in one lane: each lane has objects of its own. `Walking` passes are shown every
job of the lane, `Errand`s do something that is no matter of single jobs. Either begins by its
crontab or by hand, can be counted (a dry run), stopped and gone on with by whoever takes the lane
over; the scheduler cares for all of that.
"""

from typing import NamedTuple, Protocol

from scheduler.lane.desk import Desk
from scheduler.lane.job import Job
from scheduler.pending.item import Item


class Done(NamedTuple):
    """What an errand has come to: how much it found, and did (0 in a dry run)."""

    matched: int
    sent: int


class Walking(Protocol):
    """A pass over jobs; every call is by the loop's thread, and none blocks."""

    def matches(self, job: Job, now_ms: int) -> bool:
        """Whether *job*, whose newest state it is, is meant. Pure: a dry run counts these."""
        ...

    def act(self, job: Job, desk: Desk) -> None:
        """Do it: a command, mostly. In one transaction with how far the walk is."""
        ...

    def changed(self, job: Job, desk: Desk) -> None:
        """The job has a newer state; called for every state of the lane, walk or not."""
        ...

    def gone(self, job_id: str, desk: Desk) -> None:
        """The job was forgotten: its tombstone was read. Called for every one, walk or not."""
        ...

    def due(self, item: Item, desk: Desk) -> None:
        """An item that this pass has put has come due: it has to be removed or put off.

        What blocks is handed to `desk.beside`, which does that when it is done.
        """
        ...


class Errand(Protocol):
    """A pass that is one piece of work for a lane."""

    def run(self, lane: int, *, dry: bool) -> Done:
        """Do it; beside the loop, so it may block. Idempotent: a lane that moves does it again."""
        ...
