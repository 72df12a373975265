"""What every rule is, in one lane."""

from dataclasses import dataclass
from typing import ClassVar

from scheduler.lane.desk import Desk
from scheduler.lane.job import Job
from scheduler.lane.order import Order
from scheduler.pending.item import Item


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What people know a rule by. *begins_paused*: until somebody resumes it."""

    name: str
    kind: str
    about: str
    stage: str = ""
    begins_paused: bool = False


class Rule:
    """Does nothing of itself; a kind says what of this it does otherwise.

    The loop's thread alone calls it, and nothing here blocks. A rule that is paused hears of jobs
    and orders; none of its items comes due, and it has no turns.
    """

    #: Whether its waiting items are jobs, of which people want to know the number.
    waits_for_jobs: ClassVar[bool] = False

    def __init__(self, named: Named) -> None:
        self.named = named
        self.name = named.name

    def begin(self, desk: Desk) -> None:
        """The lane is ours, and all that waits in it is known."""

    def end(self, desk: Desk) -> None:
        """The lane is not ours any more: nothing can be written."""

    def wants(self, job: Job) -> Item | None:  # noqa: ARG002 - a kind may look at it
        """What is to wait for this job, by its newest state; pure.

        The first rule that wants anything has it; what waited of an older state is gone.
        """
        return None

    def changed(self, job: Job, desk: Desk) -> None:
        """A job has this newest state."""

    def gone(self, job_id: str, desk: Desk) -> None:
        """A job was forgotten."""

    def due(self, item: Item, desk: Desk) -> None:
        """One of its items has come due: it has to be removed or put off here."""
        desk.remove(item.key)

    def ordered(self, order: Order, desk: Desk) -> None:
        """Somebody wants it to run, to count or to stop."""

    def turn(self, desk: Desk) -> None:
        """Go on with what is under way, a little."""


def own_key(rule: str) -> str:
    """The key of a rule's own item, which no job can have."""
    return f"rule/{rule}"
