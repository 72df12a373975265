"""How long the line before an instance is, as far as it knows: what it has not begun with.

Where the client has not read yet, offsets are known and not what lies there: markers of
transactions, and what was aborted, take offsets too. How many are records is taken from what is in
hand; and a partition that flows and has given nothing for two seconds has nothing to give.
"""

from collections.abc import Callable
from typing import Final

from headway.base.clock import Clock
from headway.edges import kafka
from headway.handling.pool import WorkerPool
from headway.owning.assignment import Assignment
from headway.owning.flow import Flow
from headway.owning.partition import OwnedPartition
from headway.owning.place import Place
from headway.saying.measures import came_at

#: A client that fetches is given what there is within a tenth of a second.
_QUIET_LOOKS: Final = 2

#: Asks for the end of a partition as the client last heard of it; negative if it has not.
End = Callable[[str, int], int]


class Line:
    """Looked at once a second, by the loop's thread; asks nobody but the client's memory."""

    def __init__(
        self, assignment: Assignment, pool: WorkerPool, flow: Flow, end: End, *, clock: Clock
    ) -> None:
        self._assignment = assignment
        self._pool = pool
        self._flow = flow
        self._end = end
        self._clock = clock
        #: Which part of the offsets are records.
        self._density = 1.0
        #: Of each partition, how far it is read, and at how many looks it has flowed since.
        self._quiet: dict[Place, tuple[int, int]] = {}

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
        if span := sum(owned.offsets.span for owned in sources):
            self._density = min(sum(owned.offsets.begun for owned in sources) / span, 1.0)
        paused = self._flow.reasons() if self._flow.room else None
        before, self._quiet = self._quiet, {}
        for owned in sources:
            flows = paused is not None and owned.place not in paused
            read, looks = before.get(owned.place, (-1, 0))
            stands = read == _read(owned)
            self._quiet[owned.place] = (_read(owned), looks + 1 if flows and stands else 0)

    def _unread(self, owned: OwnedPartition) -> int:
        read, looks = self._quiet[owned.place]
        if looks >= _QUIET_LOOKS:
            return 0
        return max(self._end(*owned.place) - read, 0)


def _read(owned: OwnedPartition) -> int:
    return owned.offsets.next_offset or 0


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
