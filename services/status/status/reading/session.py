"""One consumer's life: assigned at the table's offsets, read until trouble."""

import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

from headway.edges import kafka
from headway.edges.admin import watermarks
from headway.taking.unreadable import end_of_batch
from status.reading.batch import Batch, gather
from status.table.position import Source
from status.table.store import Offsets

logger = logging.getLogger(__name__)

#: How long an idle poll waits; a record that arrives ends it at once. Stopping takes as long.
_POLL_SECONDS: Final = 0.1
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
#: since, nor a report before the state it belongs to.
_ORDER: Final = (Source.STATE, Source.SUBMITTED, Source.PROGRESS)


class TableAhead(Exception):  # noqa: N818 - names the condition
    """Raised when the table was made of records that Kafka no longer has."""


class Session:
    """Reads every partition of *sources* from *offsets* on; used by one thread.

    Raises:
        TableAhead: a partition ends before its offset.
        KafkaException: the cluster does not answer.
    """

    def __init__(
        self,
        options: kafka.Options,
        sources: Mapping[str, Source],
        offsets: Offsets,
        ask: Callable[[], object] | None = None,
    ) -> None:
        self._options = options
        self._ask = ask or self._list_topics
        self._sources = sources
        self._topics = {source: topic for topic, source in sources.items()}
        self._unfinished = set(offsets)
        self._halted: set[tuple[Source, int]] = set()
        self._suspect = False
        self._looks = 0
        self._consumer = kafka.consumer(options | {"error_cb": self._suspect_outage}, **READING)
        try:
            self._offsets = {key: self._start(*key, offset) for key, offset in offsets.items()}
        except BaseException:
            self.close()
            raise
        self._consumer.assign([self._at(*key, offset) for key, offset in self._offsets.items()])
        self._held_back = [source for source in _ORDER[1:] if source in self._topics]
        self._consumer.pause([place for s in self._held_back for place in self._places(s)])

    def close(self) -> None:
        self._consumer.close()

    @property
    def caught_up(self) -> bool:
        """Whether the end of each partition was met once, as read_committed sees it.

        Comparing offsets would not do: the last one may belong to a transaction's marker, which
        no consumer is ever given.
        """
        return not self._unfinished

    def read(self) -> Batch:
        """What is there; empty after a while without records. Blocks.

        Raises:
            OffsetLost: a partition no longer has what comes next, or not yet.
            KafkaException, TransientError: the cluster refuses, or does not answer.
        """
        batch = gather(self._consumer, self._sources, _POLL_SECONDS)
        for (source, partition), first in batch.unreadable.items():
            batch.passed[source, partition] = self._pass_over(source, partition, first)
        self._unfinished -= batch.ends.keys()
        self._release()
        for key, offset in (batch.offsets | batch.ends).items():
            self._offsets[key] = max(self._offsets[key], offset)
        return batch

    @property
    def topics(self) -> Mapping[Source, str]:
        """What each source is called on the cluster."""
        return self._topics

    def is_halted(self, source: Source, partition: int) -> bool:
        return (source, partition) in self._halted

    def halt(self, source: Source, partition: int, offset: int) -> None:
        """Read nothing more of a partition, which is not caught up from now on."""
        self._consumer.incremental_unassign([self._at(source, partition, offset)])
        self._halted.add((source, partition))
        self._unfinished.add((source, partition))
        self._offsets[source, partition] = offset

    def _pass_over(self, source: Source, partition: int, first: int) -> int:
        """Go on behind a batch that no client can inflate: its end. Blocks for seconds."""
        topic = self._topics[source]
        end = end_of_batch(self._options, (topic, partition), first)
        self._consumer.seek(self._at(source, partition, end))
        told = {"topic": topic, "partition": partition, "first": first, "last": end - 1}
        logger.error("batch.unreadable", extra=told)
        return end

    def _release(self) -> None:
        """Begin with the next topic once those before it were read as far as they can be."""
        unfinished = {source for source, _ in self._unfinished - self._halted}
        while self._held_back and unfinished <= set(self._held_back):
            self._consumer.resume(self._places(self._held_back.pop(0)))

    def _places(self, source: Source) -> list[kafka.TopicPartition]:
        return [self._at(*key, 0) for key in self._offsets if key[0] is source]

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

    def _list_topics(self) -> object:
        return self._consumer.list_topics(next(iter(self._sources)), timeout=ASK_SECONDS)

    def lag(self) -> int:
        """Records fetched from or announced by the cluster that were not yet given out."""
        return sum(self._lag_of(*key) for key in self._offsets)

    def _lag_of(self, source: Source, partition: int) -> int:
        at = self._at(source, partition, 0)
        _, high = self._consumer.get_watermark_offsets(at, cached=True)
        return max(0, high - self._offsets[source, partition])

    def _start(self, source: Source, partition: int, offset: int) -> int:
        """*offset*, or the first one that is left where the topic forgets what is old.

        Asked for here because a client told to find the beginning by itself takes half a second.
        """
        at = self._at(source, partition, offset)
        low, high = watermarks(self._consumer, at)
        if offset > high:
            raise TableAhead(f"{at.topic}[{partition}] ends at {high}, the table at {offset}")
        return max(low, offset)

    def _at(self, source: Source, partition: int, offset: int) -> kafka.TopicPartition:
        return kafka.TopicPartition(self._topics[source], partition, offset)

    def _suspect_outage(self, error: kafka.KafkaError) -> None:
        """Called by the client from within a poll."""
        self._suspect = True
        logger.warning("kafka.client_error", extra={"code": error.name(), "detail": error.str()})
