"""Topics read without a group: every place to its end, and then on as it grows.

Whoever follows is given batches, says what is done with them, and how a place begins. What goes
wrong at one place holds up no other: it is held, and begun again after a while.
"""

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Generic, NamedTuple

from headway.edges import kafka
from headway.edges.admin import Place, ends
from headway.edges.batchend import end_of_batch
from headway.following.batch import Batch, S, gather

logger = logging.getLogger(__name__)

_CONNECT_SECONDS: Final = 1.0
#: After the cluster's error about one place.
PAUSE_SECONDS: Final = 0.5
#: For a place that is not to be begun again by itself.
FOR_GOOD: Final = float("inf")


class Span(NamedTuple):
    """Where a place is read from, and where it is caught up."""

    first: int
    end: int


#: Asks, by the client that will read or by another, how places begin that are to be read from the
#: offset they name. Blocks. One of which there is no answer now is left out, and asked for again.
Spans = Callable[[kafka.Consumer, Sequence[kafka.TopicPartition]], Mapping[Place, Span]]


def as_written(options: kafka.Options) -> Spans:
    """To the end of what is written just now.

    Records of transactions that were open then are waited for: they are read, or were aborted.
    """
    admin = kafka.admin_client(options)

    def spans(_: kafka.Consumer, asked: Sequence[kafka.TopicPartition]) -> Mapping[Place, Span]:
        firsts = {(at.topic, at.partition): at.offset for at in asked}
        found = ends(admin, firsts, kafka.IsolationLevel.READ_UNCOMMITTED)
        return {place: Span(firsts[place], end) for place, end in found.items()}

    return spans


@dataclass(slots=True)
class _Course:
    """One place: read up to *offset*, caught up at *end*, or to begin at *due* (monotonic s)."""

    offset: int
    end: int | None = None
    due: float = 0.0
    trouble: str = ""


class Follower(Generic[S]):
    """Reads places, each a partition of one of *sources*; for one thread, which it blocks."""

    def __init__(
        self,
        options: kafka.Options,
        sources: Mapping[str, S],
        spans: Spans,
        *,
        reading: Mapping[str, Any],
        most_records: int,
    ) -> None:
        """*reading* is how the client reads, beyond what every consumer of the product does."""
        self._options = options
        self._sources = sources
        self._topics = {source: topic for topic, source in sources.items()}
        self._spans = spans
        self._most_records = most_records
        self._courses: dict[tuple[S, int], _Course] = {}
        #: The places whose end was not met yet since they began.
        self.behind: set[tuple[S, int]] = set()
        self._consumer = kafka.consumer(options, **{**reading, "enable_partition_eof": True})

    def close(self) -> None:
        self._consumer.close()

    def connect(self, source: S) -> None:
        """Connect to where its first partition lies; others do not wait for one without leader."""
        with suppress(kafka.KafkaException):
            place = kafka.TopicPartition(self._topics[source], 0)
            self._consumer.get_watermark_offsets(place, timeout=_CONNECT_SECONDS)

    @property
    def places(self) -> Iterable[tuple[S, int]]:
        return self._courses.keys()

    @property
    def trouble(self) -> Mapping[tuple[S, int], str]:
        """Why a place is late, where something is wrong."""
        return {place: at.trouble for place, at in self._courses.items() if at.trouble}

    def add(self, place: tuple[S, int], offset: int) -> None:
        """Read *place* from *offset* on, whatever was read of it before."""
        self.drop(place)
        self._courses[place] = _Course(offset)
        self.behind.add(place)

    def drop(self, place: tuple[S, int]) -> None:
        """Read nothing more of *place*."""
        course = self._courses.pop(place, None)
        self.behind.discard(place)
        if course is not None:
            self._leave(place, course)

    def hold(self, place: tuple[S, int], offset: int, why: str, seconds: float) -> None:
        """Stop at *offset* and begin there again after *seconds*; it is behind from now on."""
        course = self._courses[place]
        self._leave(place, course)
        course.offset, course.trouble, course.due = offset, why, time.monotonic() + seconds
        self.behind.add(place)

    def pause(self, places: Iterable[tuple[S, int]]) -> None:
        """Fetch nothing of *places*, which have begun, until `resume`."""
        self._consumer.pause([self._at(place, 0) for place in places])

    def resume(self, places: Iterable[tuple[S, int]]) -> None:
        self._consumer.resume([self._at(place, 0) for place in places])

    def begin(self) -> None:
        """Begin with what is due; blocks while it is asked how.

        Raises:
            KafkaException: the cluster does not answer. What *spans* raises passes through.
        """
        now = time.monotonic()
        due = {p: c for p, c in self._courses.items() if c.end is None and c.due <= now}
        if not due:
            return
        found = self._spans(self._consumer, [self._at(p, c.offset) for p, c in due.items()])
        for place, course in due.items():
            topic, index = self._topics[place[0]], place[1]
            if (topic, index) in found:
                course.offset, course.end = found[topic, index]
            else:
                self.hold(
                    place, course.offset, f"no answer about the end of {topic}", PAUSE_SECONDS
                )
        begun = [self._at(p, c.offset) for p, c in due.items() if c.end is not None]
        self._consumer.incremental_assign(begun)

    def read(self, wait_seconds: float) -> Batch[S]:
        """What is there; empty after a while without records. Blocks.

        Raises:
            KafkaException, TransientError: the cluster does not answer; no place is read on.
        """
        self.begin()
        if not self._courses:
            return Batch(self._sources)
        batch = gather(
            self._consumer,
            self._sources,
            most_records=self._most_records,
            wait_seconds=wait_seconds,
        )
        for place, first in batch.unreadable.items():
            batch.passed[place] = self._pass_over(place, first)
        for place, offset in batch.offsets.items():
            self._courses[place].offset = max(self._courses[place].offset, offset)
        for place, offset in batch.ends.items():
            self._meet_end(place, offset)
        return batch

    def lag(self) -> int:
        """Records fetched from or announced by the cluster that were not yet given out."""
        return sum(self._lag_of(place, course.offset) for place, course in self._courses.items())

    def _lag_of(self, place: tuple[S, int], offset: int) -> int:
        _, high = self._consumer.get_watermark_offsets(self._at(place, 0), cached=True)
        return max(0, high - offset)

    def _meet_end(self, place: tuple[S, int], offset: int) -> None:
        """Take the client's notice that it has met the end of what is committed at *offset*.

        While a transaction is open, that may lie before what is to be reached. Comparing offsets of
        records would not do: the last one may belong to a transaction's marker, which no consumer
        is ever given.
        """
        course = self._courses[place]
        if course.end is not None and offset >= course.end:
            course.trouble = ""
            self.behind.discard(place)

    def _pass_over(self, place: tuple[S, int], first: int) -> int:
        """Go on behind a batch that no client can inflate: its end. Blocks for seconds."""
        topic, index = self._topics[place[0]], place[1]
        end = end_of_batch(self._options, (topic, index), first)
        self._consumer.seek(self._at(place, end))
        told = {"topic": topic, "partition": index, "first": first, "last": end - 1}
        logger.error("batch.unreadable", extra=told)
        return end

    def _leave(self, place: tuple[S, int], course: _Course) -> None:
        if course.end is not None:
            self._consumer.incremental_unassign([self._at(place, 0)])
            course.end = None

    def _at(self, place: tuple[S, int], offset: int) -> kafka.TopicPartition:
        return kafka.TopicPartition(self._topics[place[0]], place[1], offset)
