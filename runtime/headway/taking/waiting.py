"""Records that are not due: the head of a tier is held until its time has come.

A tier's offsets are in the order of their due times, so the first record that is not due stands
for all behind it: the partition is paused, and what was polled of it already is kept here, not
begun. The group is served meanwhile, and other partitions go on.
"""

from collections import deque
from collections.abc import Iterator
from typing import Final

from headway.base.clock import Clock
from headway.edges.kafka import Message
from headway.observing import metrics
from headway.owning.flow import Flow
from headway.owning.partition import OwnedPartition
from headway.wire.carried import Carried

#: Why a partition is paused meanwhile.
REASON: Final = "not due"
_MS: Final = 1000

Held = tuple[Message, Carried]


class Waiting:
    """Keeps polled records of tiers until they are due; for the loop's thread."""

    def __init__(self, stage: str, flow: Flow, *, clock: Clock) -> None:
        self._clock = clock
        self._reason = flow.reason(REASON)
        self._held: dict[OwnedPartition, deque[Held]] = {}
        self._late = metrics.RETRY_LATENESS.labels(stage)

    def holds(self, partition: OwnedPartition, message: Message, carried: Carried) -> bool:
        """Whether *message* has to wait: it is not due, or others wait before it."""
        queue = self._held.get(partition)
        if queue is None:
            if self._due(carried):
                return False
            queue = self._held[partition] = deque()
            self._reason.pause([partition.place])
        queue.append((message, carried))
        return True

    def due(self, most: int) -> Iterator[tuple[OwnedPartition, Message, Carried]]:
        """Those whose time has come, *most* at the most, in the order of each partition."""
        for partition in [p for p in self._held if p.lost]:
            del self._held[partition]  # whoever paused it by name no longer does
        for partition, queue in list(self._held.items()):
            while queue and most > 0 and self._due(queue[0][1]):
                most -= 1
                message, carried = queue.popleft()
                yield partition, message, carried
            if not queue:
                del self._held[partition]
                self._reason.resume([partition.place])

    @property
    def next_seconds(self) -> float:
        """How long until the next is due, as far as is known; infinite where none waits."""
        heads = (queue[0][1].due_at for queue in self._held.values() if queue)
        first = min(heads, default=None)
        return float("inf") if first is None else max(0.0, first - self._clock.now_ms()) / _MS

    def _due(self, carried: Carried) -> bool:
        late = self._clock.now_ms() - carried.due_at
        if late >= 0:
            self._late.observe(late / _MS)
        return late >= 0
