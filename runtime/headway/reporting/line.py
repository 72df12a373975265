"""How long the line before an instance is, as far as it knows: what it has not begun with.

Where the client has not read yet, offsets are known and not what lies there: markers of
transactions take offsets too. How many are records is taken from what is in hand, and at the end of
a partition that is written in transactions there always is one marker.
"""

from collections.abc import Callable
from typing import Final

from headway.base.clock import Clock
from headway.edges import kafka
from headway.handling.pool import WorkerPool
from headway.owning.assignment import Assignment
from headway.owning.partition import OwnedPartition
from headway.saying.measures import came_at

#: Asks for the end of a partition as the client last heard of it; negative if it has not.
End = Callable[[str, int], int]


class Line:
    """Looked at once a second, by the loop's thread; asks nobody but the client's memory."""

    def __init__(
        self, assignment: Assignment, pool: WorkerPool, end: End, *, marked: bool, clock: Clock
    ) -> None:
        """*marked*: the source is written in transactions."""
        self._assignment = assignment
        self._pool = pool
        self._end = end
        self._marked: Final = marked
        self._clock = clock
        #: Which part of the offsets are records.
        self._density = 1.0

    def told(self) -> dict[str, int | None]:
        """As a report has it."""
        sources = [owned for owned in self._assignment.owned.values() if owned.opens]
        self._look(sources)
        running = self._pool.running()
        began = [came_at(task) for task in running]
        oldest = max(self._clock.now_ms() - min(began), 0) if began else None
        unread = sum(map(self._unread, sources))
        in_hand = max(len(self._pool) - len(running), 0)
        return {
            "waiting": round(unread * self._density) + in_hand,
            "running": len(running),
            "oldest_ms": oldest,
        }

    def _look(self, sources: list[OwnedPartition]) -> None:
        if self._marked and (span := sum(owned.offsets.span for owned in sources)):
            self._density = min(sum(owned.offsets.begun for owned in sources) / span, 1.0)

    def _unread(self, owned: OwnedPartition) -> int:
        read = owned.offsets.next_offset
        if read is None:
            read = 0
        return max(self._end(owned.topic, owned.index) - read - self._marked, 0)


def heard_end(consumer: kafka.Consumer) -> End:
    """Ends as *consumer* heard of them when it last fetched."""

    def end(topic: str, index: int) -> int:
        place = kafka.TopicPartition(topic, index)
        try:
            ends: tuple[int, int] = consumer.get_watermark_offsets(place, cached=True)
        except kafka.KafkaException:
            return -1  # it has not fetched there yet
        return ends[1]

    return end
