"""The work is not ours any more, or the process is stopping: the offset is not done."""

from dataclasses import dataclass

from headway.base.errors import Abandoned
from headway.outcomes.rule import Rule
from headway.taking.ownership import Ownership
from headway.taking.task import Outcome, Task
from headway.wire.envelope import Envelope


@dataclass(frozen=True, slots=True)
class Dropped(Outcome):
    """Whoever owns the partition next does it."""

    label = "abandoned"
    offset_done = False


class Dropping(Rule):
    """Where nothing was lost, Abandoned is the handler's own mistake.

    Dropped, such a job would stay undone for ever: another rule makes a failure of it.
    """

    label = Dropped.label

    def __init__(self, ownership: Ownership) -> None:
        self._ownership = ownership

    def unopened(self, task: Task) -> Dropped | None:
        return Dropped() if self._ownership.over(task) else None

    def raised(self, task: Task, envelope: Envelope | None, error: BaseException) -> Dropped | None:
        del envelope
        over = isinstance(error, Abandoned) and self._ownership.over(task)
        return Dropped() if over else None
