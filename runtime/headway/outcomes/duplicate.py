"""The job was opened by an earlier record: nothing is to be said, the offset is done."""

from dataclasses import dataclass

from headway.outcomes.rule import Rule
from headway.taking.task import Outcome, Task
from headway.wire.envelope import Envelope


@dataclass(frozen=True, slots=True)
class Duplicate(Outcome):
    """Says nothing."""

    label = "duplicate"


class Duplicates(Rule):
    """The index of jobs knows them already when they are taken."""

    label = Duplicate.label

    def opened(self, task: Task, envelope: Envelope) -> Duplicate | None:
        del envelope
        return Duplicate() if task.duplicate else None
