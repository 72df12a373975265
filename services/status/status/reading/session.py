"""One client's life: begun at the table's offsets, read until trouble."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from headway.edges import kafka
from headway.edges.admin import Place, watermarks
from headway.following.batch import Batch
from headway.following.follower import FOR_GOOD, Follower, Span
from status.table.position import Source
from status.table.store import Offsets

logger = logging.getLogger(__name__)

#: How long an idle poll waits; a record that arrives ends it at once. Stopping takes as long.
_POLL_SECONDS: Final = 0.1
#: A larger batch costs memory and delays its first record; a smaller one writes a job's row more
#: often. Of 200,000 states of 1,000 jobs at a time, a tenth more rows are written at 10,000.
_BATCH_RECORDS: Final = 50_000
#: How long brokers may take to say that they are there; reading stands still for it.
ASK_SECONDS: Final = 3.0
#: A broker that hangs breaks no connection for a minute, so it is asked now and then.
_LOOKS_PER_QUESTION: Final = 5
#: How the client reads, beyond what every consumer of the product does.
READING: Final[Mapping[str, Any]] = {
    "enable_partition_eof": True,
    "auto_offset_reset": "error",
    "queued_max_messages_kbytes": 32 * 1024,
    # The client stops fetching for this long when it holds enough; at its default of 1000 ms a
    # fast reader stands still most of the time.
    "fetch_queue_backoff_ms": 10,
}
#: How a session begins: a submission means nothing before it is known whether its job was deleted
#: since, nor a report before the state it belongs to. What is asked of jobs waits for nothing.
_ORDER: Final = (Source.STATE, Source.SUBMITTED, Source.PROGRESS)


class TableAhead(Exception):  # noqa: N818 - names the condition
    """Raised when the table was made of records that Kafka no longer has."""


class Session:
    """Reads every partition of *sources* from *offsets* on; used by one thread.

    *ask* asks the cluster whether it is there, and raises KafkaException if not.

    Raises:
        TableAhead: a partition ends before its offset.
        KafkaException: the cluster does not answer.
    """

    def __init__(
        self,
        options: kafka.Options,
        sources: Mapping[str, Source],
        offsets: Offsets,
        ask: Callable[[], object] = lambda: None,
    ) -> None:
        self._ask = ask
        self._topics = {source: topic for topic, source in sources.items()}
        self._halted: set[tuple[Source, int]] = set()
        self._suspect = False
        self._looks = 0
        self._follower = Follower(
            options | {"error_cb": self._suspect_outage},
            sources,
            _committed,
            reading=READING,
            most_records=_BATCH_RECORDS,
        )
        try:
            self._begin(offsets)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._follower.close()

    @property
    def caught_up(self) -> bool:
        """Whether the end of each partition was met once, as read_committed sees it."""
        return not self._follower.behind

    @property
    def topics(self) -> Mapping[Source, str]:
        """What each source is called on the cluster."""
        return self._topics

    def read(self) -> Batch[Source]:
        """What is there; empty after a while without records. Blocks.

        Raises:
            OffsetLost: a partition no longer has what comes next, or not yet.
            KafkaException, TransientError: the cluster refuses, or does not answer.
        """
        batch = self._follower.read(_POLL_SECONDS)
        batch.check()
        self._release()
        return batch

    def is_halted(self, source: Source, partition: int) -> bool:
        return (source, partition) in self._halted

    def halt(self, source: Source, partition: int, offset: int, reason: str) -> None:
        """Read nothing more of a partition, which is not caught up from now on."""
        self._follower.hold((source, partition), offset, reason, FOR_GOOD)
        self._halted.add((source, partition))

    def outage(self) -> str | None:
        """What keeps the cluster from answering, if it does not. Called about once a second.

        The cluster is asked if there is doubt, and at every fifth call in any case; what *ask*
        raises beside KafkaException passes through.
        """
        self._looks += 1
        if not self._suspect and self._looks % _LOOKS_PER_QUESTION:
            return None
        try:
            self._ask()
        except kafka.KafkaException as error:
            self._suspect = True
            return kafka.describe(error)
        self._suspect = False
        return None

    def lag(self) -> int:
        """Records fetched from or announced by the cluster that were not yet given out."""
        return self._follower.lag()

    def _begin(self, offsets: Offsets) -> None:
        for place, offset in offsets.items():
            self._follower.add(place, offset)
        self._follower.begin()
        self._held_back = [source for source in _ORDER[1:] if source in self._topics]
        self._follower.pause([place for s in self._held_back for place in self._places(s)])

    def _release(self) -> None:
        """Begin with the next topic once those before it were read as far as they can be."""
        unfinished = {source for source, _ in self._follower.behind - self._halted}
        while self._held_back and unfinished <= set(self._held_back):
            self._follower.resume(self._places(self._held_back.pop(0)))

    def _places(self, source: Source) -> list[tuple[Source, int]]:
        return [place for place in self._follower.places if place[0] is source]

    def _suspect_outage(self, error: kafka.KafkaError) -> None:
        """Called by the client from within a poll."""
        self._suspect = True
        logger.warning("kafka.client_error", extra={"code": error.name(), "detail": error.str()})


def _committed(
    asking: kafka.Consumer, asked: Sequence[kafka.TopicPartition]
) -> Mapping[Place, Span]:
    """From each offset, or the first one that is left, to the end of what is committed just now.

    What is left is asked for because a client told to find the beginning by itself takes half a
    second. A transaction that nobody ends keeps no table from being caught up.
    """
    return {(at.topic, at.partition): _span(asking, at) for at in asked}


def _span(asking: kafka.Consumer, at: kafka.TopicPartition) -> Span:
    low, high = watermarks(asking, at)
    if at.offset > high:
        raise TableAhead(f"{at.topic}[{at.partition}] ends at {high}, the table at {at.offset}")
    return Span(max(low, at.offset), high)
