"""Many records at once, and how far each partition is read with them."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Final, Generic, TypeVar

from headway.edges.kafka import Consumer, KafkaException, Message
from headway.edges.messages import is_end_of_partition, is_out_of_range, is_unreadable

#: What a reader calls a topic.
S = TypeVar("S")

#: A larger batch costs memory and delays its first record.
_BYTES: Final = 32 * 1024 * 1024
_CHUNK: Final = 1000


class OffsetLost(Exception):  # noqa: N818 - names the condition
    """Raised when Kafka no longer has, or does not yet have, the offset that was to be read."""


class Batch(Generic[S]):
    """Records by source, and what the client has to say of partitions."""

    def __init__(self, sources: Mapping[str, S]) -> None:
        self._sources = sources
        self._by_source: dict[S, list[Message]] = {source: [] for source in sources.values()}
        self._by_topic: dict[str | None, list[Message]] = {
            topic: self._by_source[source] for topic, source in sources.items()
        }
        self.ends: dict[tuple[S, int], int] = {}
        #: Where a batch begins that the client cannot inflate, and where what was passed over ends.
        self.unreadable: dict[tuple[S, int], int] = {}
        self.passed: dict[tuple[S, int], int] = {}
        #: Why a partition cannot be read on.
        self.faults: dict[tuple[S, int], OffsetLost | KafkaException] = {}
        self._records = self.size_bytes = 0

    def add(self, messages: Sequence[Message]) -> None:
        """Take what a consumer gave.

        Raises:
            KafkaException: the cluster refuses, and it is not about a partition.
        """
        notices = [message for message in messages if message.error() is not None]
        records = [m for m in messages if m.error() is None] if notices else messages
        by_topic = self._by_topic
        for message in records:
            by_topic[message.topic()].append(message)
        self._records += len(records)
        self.size_bytes += sum(map(len, records))
        for notice in notices:
            self._note(notice)

    def check(self) -> None:
        """Refuse the batch if any partition cannot be read on.

        Raises:
            OffsetLost: a partition cannot be read on from where it stood.
            KafkaException: the cluster refuses.
        """
        for fault in self.faults.values():
            raise fault

    def __len__(self) -> int:
        return self._records

    def of(self, source: S) -> list[Message]:
        """The records of one source; those of one partition in order. None of one not read."""
        return self._by_source.get(source, [])

    @cached_property
    def offsets(self) -> dict[tuple[S, int], int]:
        """How far every partition is read of which anything came; for when all are added.

        The end of a partition counts: behind its last record are transactions' markers, which no
        consumer is given, and records that were compacted away.
        """
        read = {
            (source, partition): offset + 1
            for source, messages in self._by_source.items()
            for partition, offset in _last_offsets(messages)
        }
        reached = [*self.ends.items(), *self.passed.items()]
        for key, end in reached:
            read[key] = max(end, read.get(key, 0))
        return read

    def before(self, stops: Mapping[tuple[S, int], int]) -> "Batch[S]":
        """The same without what stands at or behind the offset *stops* names for a partition."""
        batch = Batch(self._sources)
        batch.ends = {key: end for key, end in self.ends.items() if key not in stops}
        batch.passed = {key: end for key, end in self.passed.items() if key not in stops}
        for source, messages in self._by_source.items():
            batch.add([m for m in messages if not _is_behind(stops, source, m)])
        return batch

    def _note(self, message: Message) -> None:
        topic, partition, offset = message.topic(), message.partition(), message.offset()
        error = message.error()
        if error is None or topic is None or partition is None or offset is None:
            raise KafkaException(error)
        place = self._sources[topic], partition
        if is_end_of_partition(message):
            self.ends[place] = offset
        elif is_unreadable(message):
            self.unreadable[place] = offset
        elif is_out_of_range(message):
            self.faults[place] = OffsetLost(f"{topic}[{partition}] has no offset {offset}")
        else:
            self.faults[place] = KafkaException(error)


def _is_behind(stops: Mapping[tuple[S, int], int], source: S, message: Message) -> bool:
    partition, offset = message.partition(), message.offset()
    if partition is None or offset is None:
        return False
    stop = stops.get((source, partition))
    return stop is not None and offset >= stop


def gather(
    consumer: Consumer, sources: Mapping[str, S], *, most_records: int, wait_seconds: float
) -> Batch[S]:
    """All records that are at hand; waits for the first one only.

    `Consumer.consume` alone would wait until its number is reached or the time is over.
    """
    batch = Batch(sources)
    first = consumer.poll(wait_seconds)
    messages = [] if first is None else [first]
    while messages:
        batch.add(messages)
        full = len(batch) >= most_records or batch.size_bytes >= _BYTES
        messages = [] if full else consumer.consume(_CHUNK, 0)
    return batch


def _last_offsets(messages: Sequence[Message]) -> Iterable[tuple[int, int]]:
    for partition, message in {message.partition(): message for message in messages}.items():
        offset = message.offset()
        if partition is not None and offset is not None:
            yield partition, offset
