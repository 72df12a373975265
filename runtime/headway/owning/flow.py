"""What is taken and what waits: the one place that pauses partitions and resumes them.

A partition flows while nobody has a reason to hold it. Reasons are words, a set for each
(topic, partition), so that two who hold one partition cannot let it go for each other. One
reason is the flow's own: the buffer is full. What is taken and not yet committed, or lost,
counts as room in use, wherever it is: waiting, at work, or in a frame that is tried again.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final, Protocol

from headway.base.clock import Clock, SystemClock
from headway.edges.kafka import TopicPartition
from headway.observing import metrics

__all__ = ["BUFFER", "Flow", "Pausing", "Place"]

#: Topic and partition.
Place = tuple[str, int]

#: The reason to hold everything while there is no room.
BUFFER: Final = "buffer"
#: A pause throws away what the client has fetched ahead, so a buffer that is full for a moment
#: only stops the polling. But the group is answered from the poll alone: not longer than this.
_HOLD_AFTER_SECONDS: Final = 0.3


class Pausing(Protocol):
    """The part of a consumer that is needed here, and that nobody else may call."""

    def pause(self, partitions: list[TopicPartition]) -> None: ...
    def resume(self, partitions: list[TopicPartition]) -> None: ...


class Flow:
    """Reasons to hold partitions, and room for records; for the loop's thread only.

    Nothing reaches the client before `apply`, which the loop calls once a turn.
    """

    def __init__(
        self,
        consumer: Pausing,
        stage: str,
        *,
        records: int,
        size_bytes: int,
        clock: Clock | None = None,
    ) -> None:
        """Allow for *records* and *size_bytes* at once; the last record may exceed the bytes."""
        self._consumer = consumer
        self._clock = clock or SystemClock()
        self._most_records, self._most_bytes = records, size_bytes
        self._records = self._bytes = 0
        self._full_since: float | None = None
        self._everywhere: set[str] = set()
        self._own: defaultdict[Place, set[str]] = defaultdict(set)
        self._paused: dict[Place, bool | None] = {}
        self._stale = False
        self._told: set[tuple[Place, str]] = set()
        #: Why each held partition is held, for people: `topic[partition]` and its reasons.
        self.shown: dict[str, list[str]] = {}
        self._in_flight = metrics.IN_FLIGHT.labels(stage)

    def assigned(self, places: Iterable[Place]) -> None:
        """The client reads *places* from now on; nobody has a reason of their own to hold them."""
        self._stale = True
        for place in places:
            self._own.pop(place, None)
            # Whether the client remembers a pause of an earlier ownership is not asked: told anew.
            self._paused[place] = None

    def gone(self, places: Iterable[Place]) -> None:
        """The client reads *places* no more."""
        self._stale = True
        for place in places:
            self._own.pop(place, None)
            self._paused.pop(place, None)

    def hold(self, reason: str, places: Iterable[Place] | None = None) -> None:
        """Hold *places* for *reason*; None: all, also those assigned later, until released.

        A place that the client does not read (yet) may be held too: it is told of, no more.
        """
        self._stale = True
        if places is None:
            self._everywhere.add(reason)
        else:
            for place in places:
                self._own[place].add(reason)

    def release(self, reason: str, places: Iterable[Place] | None = None) -> None:
        """Take *reason* back, for *places* or (None) everywhere; others may hold them still."""
        self._stale = True
        if places is None:
            self._everywhere.discard(reason)
        for place in self._own if places is None else places:
            if place in self._own:
                self._own[place].discard(reason)

    def take(self, size_bytes: int) -> None:
        """A record of *size_bytes* is ours to handle."""
        self._records += 1
        self._bytes += size_bytes

    def grow(self, size_bytes: int) -> None:
        """What is taken has become larger by *size_bytes*: what is to be said of it counts too."""
        self._bytes += size_bytes

    def free(self, count: int, size_bytes: int) -> None:
        """*count* records, *size_bytes* together, are committed or lost."""
        self._records -= count
        self._bytes -= size_bytes

    @property
    def taken(self) -> int:
        """Records taken and neither committed nor lost."""
        return self._records

    @property
    def room(self) -> int:
        """How many records more may be taken."""
        if self._bytes >= self._most_bytes:
            return 0
        return max(self._most_records - self._records, 0)

    @property
    def everywhere(self) -> frozenset[str]:
        """Why everything is held."""
        return frozenset(self._everywhere)

    @property
    def held(self) -> bool:
        """Whether everything is held: a poll serves the group and, strays apart, brings nothing."""
        return bool(self._everywhere)

    def apply(self) -> None:
        """Tell the client what has changed since the last call; never blocks."""
        self._mind_the_buffer()
        self._in_flight.set(self._records)
        if not self._stale:
            return
        self._stale = False
        pause: list[TopicPartition] = []
        resume: list[TopicPartition] = []
        for place, paused in self._paused.items():
            wanted = bool(self._everywhere or self._own.get(place))
            if wanted is not paused:
                self._paused[place] = wanted
                (pause if wanted else resume).append(TopicPartition(*place))
        if pause:
            self._consumer.pause(pause)
        if resume:
            self._consumer.resume(resume)
        self._tell()

    def reasons(self) -> dict[Place, frozenset[str]]:
        """Why each held partition is held; those that flow are not in it."""
        found = {place: frozenset(own) for place, own in self._own.items()}
        for place in self._paused:
            found[place] = found.get(place, frozenset()) | self._everywhere
        return {place: reasons for place, reasons in found.items() if reasons}

    def _mind_the_buffer(self) -> None:
        if BUFFER in self._everywhere and self._room_again():
            self.release(BUFFER)
        if self.room:
            self._full_since = None
            return
        now = self._clock.monotonic()
        if self._full_since is None:
            self._full_since = now
        elif now - self._full_since >= _HOLD_AFTER_SECONDS and BUFFER not in self._everywhere:
            self.hold(BUFFER)

    def _room_again(self) -> bool:
        """A quarter is free again: less would pause and resume with every few records."""
        return self.room > self._most_records // 4 and self._bytes <= self._most_bytes * 3 // 4

    def _tell(self) -> None:
        now = set(_pairs(self.reasons()))
        for (topic, index), reason in self._told - now:
            metrics.PAUSED.remove(topic, str(index), reason)
        for (topic, index), reason in now - self._told:
            metrics.PAUSED.labels(topic, str(index), reason).set(1)
        if now != self._told:
            # Another object, never changed: the threads of health read it.
            self.shown = _by_name(now)
        self._told = now


def _by_name(pairs: set[tuple[Place, str]]) -> dict[str, list[str]]:
    shown: defaultdict[str, list[str]] = defaultdict(list)
    for (topic, index), reason in sorted(pairs):
        shown[f"{topic}[{index}]"].append(reason)
    return dict(shown)


def _pairs(reasons: dict[Place, frozenset[str]]) -> Iterator[tuple[Place, str]]:
    return ((place, reason) for place, held in reasons.items() for reason in held)
