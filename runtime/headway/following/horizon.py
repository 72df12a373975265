"""From where the states are read that can matter to whoever reads on: not from their beginning.

A record can only be a duplicate of a job that was at work when, or after, that record was written,
or within the time for which jobs that are over are remembered before it. So the index begins that
time before the first record that will be read, however far back that lies: where a group was moved
back, or all of a topic is read for the first time, as far as it takes.

Kafka tells offsets by times and no times by offsets. So it is asked whether the committed offset
lies within a short time from now, and within one four times as long, until it does.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final, Protocol

from headway.base.clock import Clock
from headway.edges import kafka
from headway.edges.admin import Place, beginnings, ends, since
from headway.edges.peeking import without_records
from headway.following.follower import Span, Spans, as_written

#: The first time from now that is asked about, as a part of that for which jobs are remembered.
_FIRST_PART: Final = 24
_TIMES: Final = 4


class Owner(Protocol):
    """Whoever wants the index of a partition, for as long as it is not `lost`.

    It reads the partition of that *index* of *topic*, from offset *begins* on, or all of it.
    """

    @property
    def topic(self) -> str: ...
    @property
    def index(self) -> int: ...
    @property
    def begins(self) -> int | None: ...
    @property
    def lost(self) -> bool: ...


class Horizon:
    """Where reading the states of a partition begins; for one thread.

    All owners of an index count: whoever shares it reads on by it. *keep_ms* is for how long a
    job that is over is remembered; None: for ever, so all states are read.
    """

    def __init__(self, keep_ms: int | None, clock: Clock) -> None:
        self._keep_ms = keep_ms
        self._clock = clock
        self._owners: dict[int, list[Owner]] = {}

    def mind(self, owner: Owner) -> None:
        self._owners.setdefault(owner.index, []).append(owner)

    def forget_lost(self) -> None:
        """Those that lost their partition read nothing more of it."""
        for index, owners in list(self._owners.items()):
            self._owners[index] = [owner for owner in owners if not owner.lost]

    def spans(self, options: kafka.Options) -> Spans:
        """How partitions of the states begin, asked by a client of its own."""
        if self._keep_ms is None:
            return as_written(options)
        return partial(self._spans, options, kafka.admin_client(options), self._keep_ms)

    def _spans(
        self,
        options: kafka.Options,
        admin: kafka.AdminClient,
        keep_ms: int,
        _: kafka.Consumer,
        asked: Sequence[kafka.TopicPartition],
    ) -> Mapping[Place, Span]:
        firsts = {(at.topic, at.partition): at.offset for at in asked}
        anew = [place for place, first in firsts.items() if first == kafka.OFFSET_BEGINNING]
        readers = {place: self._begins(place[1]) for place in anew}
        read = {place for begins in readers.values() for place in begins}
        # Asked first: whatever is written while the rest is asked is behind these ends.
        found = ends(admin, {*firsts, *read}, kafka.IsolationLevel.READ_UNCOMMITTED)
        search = _Search(options, admin, found, keep_ms)
        begins = search.begins(readers, self._clock.now_ms())
        firsts = {p: first for p, first in firsts.items() if p not in readers} | begins
        return {place: Span(first, found[place]) for place, first in firsts.items()}

    def _begins(self, index: int) -> "Begins":
        return {(each.topic, index): each.begins for each in self._owners.get(index, ())}


#: Where partitions are read on from; None: all of it is read.
Begins = Mapping[Place, int | None]


class _Search:
    """Finds what of the states may matter, by questions about many partitions at once."""

    def __init__(
        self,
        options: kafka.Options,
        admin: kafka.AdminClient,
        ends: Mapping[Place, int],
        keep_ms: int,
    ) -> None:
        self._options = options
        self._admin = admin
        self._ends = ends
        self._keep_ms = keep_ms

    def begins(self, readers: Mapping[Place, Begins], now_ms: int) -> dict[Place, int]:
        """Where partitions of the states begin, by who reads on; without those of no answer.

        Raises:
            KafkaException: none of a question's partitions could be asked.
        """
        left, found = self._placed(readers), dict[Place, int]()
        first = within = self._keep_ms // _FIRST_PART
        while left and now_ms > within + self._keep_ms:
            moments = dict.fromkeys(left, now_ms - within - self._keep_ms)
            moments |= {place: now_ms - within for begins in left.values() for place in begins}
            at = since(self._admin, moments)
            left = {p: begins for p, begins in left.items() if {p, *begins} <= at.keys()}
            if within == first:
                left = self._past_markers(left, at)
            for place, begins in left.items():
                if all(offset >= self._reached(at, p) for p, offset in begins.items()):
                    found[place] = self._reached(at, place)
            left = {place: begins for place, begins in left.items() if place not in found}
            within *= _TIMES
        return found | dict.fromkeys(left, kafka.OFFSET_BEGINNING)

    def _past_markers(
        self, readers: Mapping[Place, Mapping[Place, int]], at: Mapping[Place, int | None]
    ) -> dict[Place, dict[Place, int]]:
        """The same, with those at their ends behind which only markers lie, as in idle topics."""
        doubtful = {
            place: offset
            for begins in readers.values()
            for place, offset in begins.items()
            if offset < self._reached(at, place)
        }
        ended = without_records(self._options, doubtful) if doubtful else set()
        return {
            place: {p: self._ends[p] if p in ended else offset for p, offset in begins.items()}
            for place, begins in readers.items()
        }

    def _placed(self, readers: Mapping[Place, Begins]) -> dict[Place, dict[Place, int]]:
        """The same with an offset for every reader, where all is known that it takes."""
        whole = [p for begins in readers.values() for p, first in begins.items() if first is None]
        known = beginnings(self._admin, whole) if whole else {}
        known |= {
            place: first
            for begins in readers.values()
            for place, first in begins.items()
            if first is not None
        }
        return {
            place: {p: known[p] for p in begins}
            for place, begins in readers.items()
            if {place, *begins} <= self._ends.keys() and begins.keys() <= known.keys()
        }

    def _reached(self, at: Mapping[Place, int | None], place: Place) -> int:
        """The offset found; the end if everything there is is older than was asked for."""
        offset = at[place]
        return self._ends[place] if offset is None else min(offset, self._ends[place])
