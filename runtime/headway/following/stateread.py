"""The states that matter, and all commands, read to their ends: what the index of jobs is made of.

Records of transactions that are open when a partition begins to be read are waited for: what they
say is in the index, or was aborted.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, NamedTuple

from headway.base.errors import UnknownSchema
from headway.edges import kafka
from headway.edges.admin import Place
from headway.following.follower import PAUSE_SECONDS, Follower, Span, Spans, as_written
from headway.following.horizon import Horizon, Owner
from headway.following.jobindex import JobIndex

logger = logging.getLogger(__name__)


_BATCH_RECORDS: Final = 10_000
_POLL_SECONDS: Final = 0.05
#: That the end is reached comes with an answer to a fetch, which an empty one delays.
_READING: Final = {"fetch_wait_max_ms": 10}
#: A record of a newer release is met again until this process is replaced by that release.
_UNKNOWN_PAUSE_SECONDS: Final = 5.0


@dataclass(slots=True, eq=False)
class _Load:
    """What is known of one partition on its way to the end."""

    owner: Owner
    jobs: JobIndex


#: Takes a record into an index.
Note = Callable[[kafka.Message, JobIndex], None]


def _as_it_is(_: JobIndex) -> None:
    """Nothing is left to do."""


class Notes(NamedTuple):
    """The topic of states, what its records mean, and the same of other topics, read whole.

    *complete* is called with each index that has taken in all of them.
    """

    topic: str
    states: Note
    others: Mapping[str, Note] = MappingProxyType({})
    complete: Callable[[JobIndex], None] = _as_it_is


class Reading:
    """Partitions of these topics being read by one client; for one thread, which it blocks."""

    def __init__(
        self,
        options: kafka.Options,
        notes: Notes,
        horizon: Horizon,
        make: Callable[[], JobIndex],
    ) -> None:
        """*horizon* says from where states are read, *make* an index that knows nothing."""
        self._topic = notes.topic
        self._notes = {notes.topic: notes.states, **notes.others}
        self._complete = notes.complete
        self._horizon = horizon
        self._make = make
        self._loads: dict[int, _Load] = {}
        self._told: dict[int, str] = {}
        self._follower = Follower(
            options,
            {topic: topic for topic in self._notes},
            _spans(notes.topic, horizon.spans(options), as_written(options)),
            reading=_READING,
            most_records=_BATCH_RECORDS,
        )

    def __bool__(self) -> bool:
        return bool(self._loads)

    def connect(self) -> None:
        """Connect, so that the first partition need not."""
        self._follower.connect(self._topic)

    def add(self, owner: Owner) -> None:
        """Read for *owner*, instead of an earlier owner of the same partition."""
        self._loads[owner.index] = _Load(owner, self._make())
        for topic in self._notes:
            self._follower.add((topic, owner.index), kafka.OFFSET_BEGINNING)

    def owners(self) -> list[Owner]:
        return [load.owner for load in self._loads.values()]

    def trouble(self) -> dict[int, str]:
        """Why a partition is late, where something is wrong."""
        return {index: why for (_, index), why in self._follower.trouble.items()}

    def completed(self) -> Iterator[tuple[Owner, JobIndex]]:
        """Read a little; whoever's index is complete."""
        self._horizon.forget_lost()
        for index in [i for i, load in self._loads.items() if load.owner.lost]:
            self._drop(index)
        batch = self._follower.read(_POLL_SECONDS)
        for topic, note in self._notes.items():
            self._take(topic, note, batch.of(topic))
        for (topic, index), fault in batch.faults.items():
            if topic == self._topic:
                self._loads[index].jobs = self._emptied(index)
            why = kafka.describe(fault)
            self._hold(topic, index, kafka.OFFSET_BEGINNING, why, PAUSE_SECONDS)
        self._tell()
        behind = {index for _, index in self._follower.behind}
        for index in [i for i in self._loads if i not in behind]:
            load = self._drop(index)
            self._complete(load.jobs)
            yield load.owner, load.jobs

    def close(self) -> None:
        self._follower.close()

    def _emptied(self, index: int) -> JobIndex:
        """An index that knows nothing of states; what is wanted of jobs was not read from them."""
        made = self._make()
        made.held.cancels = self._loads[index].jobs.held.cancels
        return made

    def _take(self, topic: str, note: Note, messages: list[kafka.Message]) -> None:
        """Take *messages* into the indexes, of each partition up to what is unknown here."""
        loads, last = dict(self._loads), dict[int, kafka.Message]()
        for message in messages:
            index = message.partition() or 0
            load = loads.get(index)
            if load is None:
                continue
            try:
                note(message, load.jobs)
                last[index] = message
            except UnknownSchema as unknown:
                del loads[index]
                offset = message.offset() or 0
                self._hold(topic, index, offset, str(unknown), _UNKNOWN_PAUSE_SECONDS)
        if topic == self._topic:
            for index, message in last.items():
                self._loads[index].jobs.dated(message.timestamp()[1])

    def _hold(self, topic: str, index: int, offset: int, why: str, seconds: float) -> None:
        self._follower.hold((topic, index), offset, why, seconds)

    def _tell(self) -> None:
        trouble = self.trouble()
        for index, why in trouble.items():
            if why != self._told.get(index):
                logger.warning("seen.waits", extra={"partition": index, "error": why})
        self._told = trouble

    def _drop(self, index: int) -> _Load:
        for topic in self._notes:
            self._follower.drop((topic, index))
        return self._loads.pop(index)


def _spans(states: str, of_states: Spans, whole: Spans) -> Spans:
    """How places begin: those of *states* in their own way, the others are read whole."""

    def spans(
        consumer: kafka.Consumer, asked: Sequence[kafka.TopicPartition]
    ) -> Mapping[Place, Span]:
        own = [at for at in asked if at.topic == states]
        others = [at for at in asked if at.topic != states]
        found = dict(of_states(consumer, own)) if own else {}
        return found | (dict(whole(consumer, others)) if others else {})

    return spans
