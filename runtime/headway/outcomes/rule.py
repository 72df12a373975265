"""When a kind of outcome is what becomes of a record: asked in order, the first answer counts."""

from headway.declared.handler import Done
from headway.taking.task import Outcome, Task
from headway.wire.envelope import Envelope


class Rule:
    """What makes outcomes of one kind. Every question may be answered by None: not mine.

    Asked by workers, side by side. What `returned` raises is asked about as the handler's error
    would be; any other question that raises costs its record the last resort.
    """

    #: How the outcomes of this rule are counted, and those of other kinds that it makes.
    label: str
    also: tuple[str, ...] = ()

    def unopened(self, task: Task) -> Outcome | None:
        """Asked first, before the record is looked into."""

    def opened(self, task: Task, envelope: Envelope) -> Outcome | None:
        """Asked before the handler is called."""

    def returned(self, task: Task, envelope: Envelope, done: Done) -> Outcome | None:
        """Asked when the handler has returned."""

    def raised(self, task: Task, envelope: Envelope | None, error: BaseException) -> Outcome | None:
        """Asked when something went wrong; no *envelope*: the record could not be opened."""
