"""Records of the held topic: read up to the first that is to lie on, and no further.

So nothing that is held lies below what the group has committed of the topic: whoever takes over
reads the states from before it, and what lies below may be trimmed. What somebody let go, or what
lies elsewhere by now, is passed over as soon as it is met. Open, the window takes the others:
those with a time of their own are laid down anew, behind all that waits for the window.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Final

from headway.base.clock import Clock
from headway.edges.kafka import Message
from headway.following.holdings import MOST_HELD, UNKNOWN
from headway.following.windows import Windows
from headway.owning.flow import Flow, Reason
from headway.owning.partition import OwnedPartition
from headway.owning.place import Place
from headway.taking.waiting import REASON as NOT_DUE
from headway.wire.carried import Carried
from headway.wire.states import NOT_BEFORE

#: Why a partition of the held topic is paused: for the window, or for the time of its first record.
CLOSED: Final = "window closed"
#: Why a lane takes no more jobs.
CROWDED: Final = "too many held"
_LOOK_SECONDS: Final = 0.5
#: What lies for longer is laid down anew: a takeover reads the states from before the first.
_LONGEST_MS: Final = 7 * 24 * 3600 * 1000

Held = tuple[Message, Carried]


class Lying:
    """Keeps polled records of held topics until theirs is to begin; for the loop's thread."""

    def __init__(
        self,
        flow: Flow,
        windows: Windows,
        *,
        windowed: bool,
        clock: Clock,
        most: int = MOST_HELD,
    ) -> None:
        """*windowed*: the stage has a window. A lane that holds *most* takes no more."""
        self._windows = windows
        self._clock = clock
        self._most = most
        self._not_due, self._crowded = flow.reason(NOT_DUE), flow.reason(CROWDED)
        self._closed = flow.reason(CLOSED) if windowed else self._not_due
        self._queues: dict[OwnedPartition, deque[Held]] = {}
        self._paused: dict[OwnedPartition, Reason] = {}
        self._look_at = 0.0

    def keeps(self, partition: OwnedPartition, message: Message, carried: Carried) -> bool:
        """Whether *message* is to lie on, or others lie before it."""
        queue = self._queues.get(partition)
        if queue is None:
            if self._begins(partition, message, carried):
                return False
            queue = self._queues[partition] = deque()
            self._pause(partition)
        queue.append((message, carried))
        return True

    def begun(self, most: int) -> Iterator[tuple[OwnedPartition, Message, Carried]]:
        """Those that are to begin, *most* at the most, in the order of each partition."""
        for partition in [p for p in self._queues if p.lost]:
            del self._queues[partition], self._paused[partition]
        for partition, queue in list(self._queues.items()):
            while queue and most > 0 and self._begins(partition, *queue[0]):
                most -= 1
                yield (partition, *queue.popleft())
            if queue:
                self._pause(partition)
            else:
                del self._queues[partition]
                self._paused.pop(partition).resume([partition.place])

    def mind(self, owned: Mapping[Place, OwnedPartition]) -> None:
        """Lanes that hold too much take no more, until a tenth of it is gone."""
        if self._clock.monotonic() < self._look_at:
            return
        self._look_at = self._clock.monotonic() + _LOOK_SECONDS
        for place, partition in owned.items():
            if partition.holds or partition.orders:
                continue
            count, paused = len(partition.jobs.held.held), place in self._crowded.places
            if not paused and count >= self._most:
                self._crowded.pause([place])
            elif paused and count < self._most * 9 // 10:
                self._crowded.resume([place])

    def _pause(self, partition: OwnedPartition) -> None:
        open_now = self._windows.is_open(partition.index)
        reason, before = self._not_due if open_now else self._closed, self._paused.get(partition)
        if reason is not before:
            reason.pause([partition.place])
            self._paused[partition] = reason
            if before is not None:
                before.resume([partition.place])

    def _begins(self, partition: OwnedPartition, message: Message, carried: Carried) -> bool:
        held, offset, now = partition.jobs.held, message.offset(), self._clock.now_ms()
        job_id = carried.envelope["job_id"]
        place = held.held.get(job_id)
        if place is None or place.offset not in {offset, UNKNOWN} or job_id in held.resting:
            return True
        if place.offset == UNKNOWN:
            return False
        if not self._windows.is_open(partition.index):
            held.anew = None
            return now - message.timestamp()[1] > _LONGEST_MS
        if carried.held != NOT_BEFORE or now >= carried.due_at:
            return True
        return held.anew is None or (offset or 0) < held.anew
