"""A partition this instance owns, as the rest of the stage sees it."""

from dataclasses import dataclass, field

from headway.following.jobindex import JobIndex
from headway.owning.offsets import OffsetTracker
from headway.owning.place import Place


@dataclass(slots=True, eq=False)
class OwnedPartition:
    """One assigned partition of a topic the stage reads.

    `lost` turns true once and for all when the partition goes to somebody else or is read anew;
    whoever holds work of it then drops that work. `opens`, `waits` and `orders` are what its
    records are, see `owning.inlet`. `jobs` knows what is not to be handled again; partitions of one
    index share it.
    """

    topic: str
    index: int
    offsets: OffsetTracker
    opens: bool = True
    waits: bool = False
    orders: bool = False
    jobs: JobIndex = field(default_factory=JobIndex)
    lost: bool = False

    @property
    def place(self) -> Place:
        return self.topic, self.index

    def takes(self, job_id: str, attempt: int, offset: int) -> bool:
        """Whether the record at *offset* is to be handled; where records open jobs, it has now."""
        if self.opens:
            return self.jobs.takes(job_id, attempt, offset)
        return not self.jobs.is_over(job_id, attempt)
