"""A partition this instance owns, as the rest of the stage sees it."""

from dataclasses import dataclass, field

from headway.following.stateread import SETTLED, Seen
from headway.owning.flow import Place
from headway.owning.offsets import OffsetTracker


@dataclass(slots=True, eq=False)
class OwnedPartition:
    """One assigned partition of a topic the stage reads.

    `lost` turns true once and for all when the partition goes to somebody else or is read anew;
    whoever holds work of it then drops that work. `opens` is whether its records open jobs, see
    `owning.inlet`. `seen` maps the jobs that are not to be handled again to the offset that
    opened them (see `following.stateread`); partitions of one index share it.
    """

    topic: str
    index: int
    offsets: OffsetTracker
    opens: bool = True
    seen: Seen = field(default_factory=dict)
    lost: bool = False

    @property
    def place(self) -> Place:
        return self.topic, self.index

    def is_duplicate(self, job_id: str, offset: int) -> bool:
        """Whether the record at *offset* is not to be handled; if it is, it has opened its job."""
        if self.opens:
            return self.seen.setdefault(job_id, offset) != offset
        return self.seen.get(job_id) == SETTLED
