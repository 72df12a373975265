"""The index of jobs belongs to the ownership it was loaded for."""

from collections.abc import Iterable

from headway import kafka
from headway.assignment import Assignment
from headway.codec import Codec
from headway.offsets import OffsetTracker
from headway.owned import OwnedPartition
from headway.seen import Loaded, SeenLoader


class _LateLoader(SeenLoader):
    """Hands over what the test says, when it says so."""

    def __init__(self) -> None:
        super().__init__({}, "job-state", Codec(), record="job-state")
        self.started: list[OwnedPartition] = []
        self.ready: list[Loaded] = []

    def start(self, owners: Iterable[OwnedPartition]) -> None:
        self.started += owners

    def loaded(self) -> list[Loaded]:
        ready, self.ready = self.ready, []
        return ready


class _Consumer:
    """A consumer that has nothing committed and is told what it owns."""

    def committed(self, places: list[kafka.TopicPartition], **_: float) -> object:
        return [kafka.TopicPartition(p.topic, p.partition, -1001) for p in places]

    def incremental_assign(self, _places: object) -> None: ...
    def incremental_unassign(self, _places: object) -> None: ...
    def pause(self, _places: object) -> None: ...
    def resume(self, _places: object) -> None: ...


def test_an_index_loaded_for_an_earlier_ownership_is_of_no_use() -> None:
    """Between two ownerships somebody else opened jobs that the first index does not know."""
    # Given a partition that went while its index was being loaded, and came back
    loader = _LateLoader()
    consumer: kafka.Consumer = _Consumer()  # type: ignore[assignment]  # what is used of one
    assignment = Assignment(consumer, "jobs.submitted", loader=loader, reserve=1)
    assignment.owned[2] = OwnedPartition(2, OffsetTracker(), loading=True)
    earlier = assignment.owned[2]
    assignment.read_anew()
    (now,) = loader.started

    # When the first load ends
    loader.ready = [Loaded(earlier, {"old": 1})]
    assignment.resume_loaded()

    # Then the partition still waits for its own
    assert assignment.loading
    loader.ready = [Loaded(now, {"old": 1, "new": 2})]
    assignment.resume_loaded()
    assert not assignment.loading
    assert assignment.owned[2].seen == {"old": 1, "new": 2}
