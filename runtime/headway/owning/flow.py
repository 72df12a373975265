"""What is taken and what waits: the one place that pauses partitions and resumes them.

A partition flows while nobody has a reason to pause it. Whoever has one makes it here, pauses and
resumes by it, and nobody else can: a breaker, a window, a takeover are the same to the flow. One
reason is its own: the buffer is full. What is taken and not yet committed, or lost, counts as
room in use, wherever it is: waiting, at work, or in a frame that is tried again.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from typing import Final, Protocol

from headway.base.clock import Clock, SystemClock
from headway.edges.kafka import TopicPartition
from headway.observing import metrics
from headway.owning.place import Place, named

__all__ = ["BUFFER", "Flow", "Pausing", "Reason"]

#: The reason to pause everything while there is no room.
BUFFER: Final = "buffer"
#: A pause throws away what the client has fetched ahead, so a buffer that is full for a moment
#: only stops the polling. But the group is answered from the poll alone: not longer than this.
_PAUSE_AFTER_SECONDS: Final = 0.3


class Pausing(Protocol):
    """The part of a consumer that is needed here, and that nobody else may call."""

    def pause(self, partitions: list[TopicPartition]) -> None: ...
    def resume(self, partitions: list[TopicPartition]) -> None: ...


class Reason:
    """Why partitions are paused, in the hands of whoever paused them; made by `Flow.reason`."""

    def __init__(
        self, name: str, unready: str | None, changed: Callable[[], None], *, work_alone: bool
    ) -> None:
        self.name: Final = name
        self.work_alone: Final = work_alone
        #: May be said anew whenever it pauses.
        self.unready = unready
        self.everywhere = False
        self._changed = changed
        self._places: set[Place] = set()

    def pause(self, places: Iterable[Place] | None = None) -> None:
        """Pause *places*; None: all, also those assigned later, until resumed.

        A place that the client does not read (yet) may be paused too: it is told of, no more.
        """
        if places is None:
            self.everywhere = True
        else:
            self._places.update(places)
        self._changed()

    def resume(self, places: Iterable[Place] | None = None) -> None:
        """Take it back, for *places* or (None) wherever it holds; others may pause them still."""
        if places is None:
            self.everywhere = False
            self._places.clear()
        else:
            self._places.difference_update(places)
        self._changed()

    @property
    def places(self) -> AbstractSet[Place]:
        """Which places it pauses by name."""
        return self._places


class Flow:
    """Reasons to pause partitions, and room for records; for the loop's thread only.

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
        self._reasons: list[Reason] = []
        self._buffer = self.reason(BUFFER)
        self._paused: dict[Place, bool | None] = {}
        self._stale = False
        self._spared: frozenset[str] = frozenset()
        self._told: set[tuple[Place, str]] = set()
        #: Why each paused partition is, for people: `topic[partition]` and its reasons.
        self.shown: dict[str, list[str]] = {}
        self._in_flight = metrics.IN_FLIGHT.labels(stage)

    def reason(self, name: str, *, unready: str | None = None, work_alone: bool = False) -> Reason:
        """One more reason, that pauses nothing yet; people see it as *name*.

        While it pauses everything the stage is not ready, if *unready* says why. With *work_alone*
        everything is all but the topics that `spare` names: orders are heard meanwhile.
        """
        self._reasons.append(Reason(name, unready, self._changed, work_alone=work_alone))
        return self._reasons[-1]

    def spare(self, topics: Iterable[str]) -> None:
        """Reasons to pause work alone leave these."""
        self._spared = frozenset(topics)

    def assigned(self, places: Iterable[Place]) -> None:
        """The client reads *places* from now on."""
        self._stale = True
        for place in places:
            # Whether the client remembers a pause of an earlier ownership is not asked: told anew.
            self._paused[place] = None

    def gone(self, places: Iterable[Place]) -> None:
        """The client reads *places* no more; whoever paused them by name does so no longer."""
        self._stale = True
        gone = set(places)
        for place in gone:
            self._paused.pop(place, None)
        for reason in self._reasons:
            if not gone.isdisjoint(reason.places):
                reason.resume(gone)

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
    def paused(self) -> bool:
        """Whether everything is: a poll serves the group and, strays apart, brings nothing."""
        return any(reason.everywhere and not reason.work_alone for reason in self._reasons)

    @property
    def unready(self) -> str | None:
        """What a reason that pauses everything says of why the stage is not ready."""
        told = (r.unready for r in self._reasons if r.everywhere and r.unready is not None)
        return next(told, None)

    def apply(self) -> None:
        """Tell the client what has changed since the last call; never blocks."""
        self._mind_the_buffer()
        self._in_flight.set(self._records)
        if not self._stale:
            return
        self._stale = False
        reasons = self.reasons()
        pause: list[TopicPartition] = []
        resume: list[TopicPartition] = []
        for place, paused in self._paused.items():
            wanted = place in reasons
            if wanted is not paused:
                self._paused[place] = wanted
                (pause if wanted else resume).append(TopicPartition(*place))
        if pause:
            self._consumer.pause(pause)
        if resume:
            self._consumer.resume(resume)
        self._tell(reasons)

    def reasons(self) -> dict[Place, frozenset[str]]:
        """Why each paused partition is, also one not read yet; those that flow are not in it."""
        found: defaultdict[Place, set[str]] = defaultdict(set)
        for reason in self._reasons:
            spared = self._spared if reason.work_alone else ()
            everywhere = self._paused if reason.everywhere else ()
            for place in {*reason.places, *(p for p in everywhere if p[0] not in spared)}:
                found[place].add(reason.name)
        return {place: frozenset(names) for place, names in found.items()}

    def _changed(self) -> None:
        self._stale = True

    def _mind_the_buffer(self) -> None:
        if self._buffer.everywhere and self._room_again():
            self._buffer.resume()
        if self.room:
            self._full_since = None
            return
        now = self._clock.monotonic()
        if self._full_since is None:
            self._full_since = now
        elif now - self._full_since >= _PAUSE_AFTER_SECONDS and not self._buffer.everywhere:
            self._buffer.pause()

    def _room_again(self) -> bool:
        """A quarter is free again: less would pause and resume with every few records."""
        return self.room > self._most_records // 4 and self._bytes <= self._most_bytes * 3 // 4

    def _tell(self, reasons: dict[Place, frozenset[str]]) -> None:
        now = set(_pairs(reasons))
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
    for place, reason in sorted(pairs):
        shown[named(place)].append(reason)
    return dict(shown)


def _pairs(reasons: dict[Place, frozenset[str]]) -> Iterator[tuple[Place, str]]:
    return ((place, name) for place, names in reasons.items() for name in names)
