"""A partition this instance owns, as the rest of the stage sees it."""

from dataclasses import dataclass, field

from headway.following.jobindex import JobIndex
from headway.owning.offsets import OffsetTracker
from headway.owning.place import Place


@dataclass(slots=True, eq=False)
class OwnedPartition:
    """One assigned partition of a topic the stage reads.

    `lost` turns true once and for all when the partition goes to somebody else or is read anew;
    whoever holds work of it then drops that work. `opens`, `waits`, `holds` and `orders` are
    what its records are, see `owning.inlet`. `jobs` knows what is not to be handled again;
    partitions of one index share it. `begins` is the offset from which it is read; None: from its
    beginning.
    """

    topic: str
    index: int
    offsets: OffsetTracker
    opens: bool = True
    waits: bool = False
    holds: bool = False
    orders: bool = False
    jobs: JobIndex = field(default_factory=JobIndex)
    lost: bool = False
    begins: int | None = field(init=False)

    def __post_init__(self) -> None:
        self.begins = self.offsets.committable

    @property
    def place(self) -> Place:
        return self.topic, self.index

    def takes(self, job_id: str, attempt: int, offset: int, at: int) -> bool:
        """Whether the record at *offset*, of *at* (ms), is to be handled.

        Where records open jobs, it has opened its own now.
        """
        if not self.opens:
            return not self.jobs.is_over(job_id, attempt)
        if at >= self.jobs.due:
            self.jobs.read_on(at, self.offsets.committable or 0)
        return self.jobs.takes(job_id, attempt, offset)
