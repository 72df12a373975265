"""Records that commands name by their places; what lies behind one comes along and is kept a while.

Jobs are let go in the order in which they were held, and done again by their ends one after the
other: most records asked for lie just behind one that was read a moment ago, and a question to the
cluster for each would be all the time.
"""

import threading
import time
from typing import Final, NamedTuple

from headway.base.errors import TransientError
from headway.edges import kafka
from headway.edges.messages import is_end_of_partition, is_out_of_range

#: A record that is there comes in milliseconds; without an answer for so long the cluster is away.
_ANSWER_SECONDS: Final = 10.0
_POLL_SECONDS: Final = 0.5
#: Of one partition, with one that was asked for; what the client fetches at once is more.
_MOST_RECORDS: Final = 500
_MOST_BYTES: Final = 512 * 1024
#: Partitions of which anything is kept; those that were asked for last.
_MOST_PLACES: Final = 32


class _Span(NamedTuple):
    """All there is from *first* to *last*."""

    first: int
    last: int
    records: dict[int, kafka.Message]


class ReadAhead:
    """Reads single records, as read_committed readers see them; for any thread, one at a time.

    The client is made at the first question and kept. Records never change: what is kept is true.
    """

    def __init__(self, options: kafka.Options) -> None:
        self._options = options
        self._lock = threading.Lock()
        self._consumer: kafka.Consumer | None = None
        self._spans: dict[tuple[str, int], _Span] = {}

    def read(self, topic: str, partition: int, offset: int) -> kafka.Message | None:
        """The record there; None if there is none (any more). Blocks for seconds at most.

        Raises:
            KafkaException, TransientError: the cluster does not answer.
        """
        with self._lock:
            place = topic, partition
            span = self._spans.pop(place, None)
            if span is None or not span.first <= offset <= span.last:
                span = self._read(kafka.TopicPartition(topic, partition, offset))
            if span is None:
                return None
            self._spans[place] = span
            while len(self._spans) > _MOST_PLACES:
                self._spans.pop(next(iter(self._spans)))
            return span.records.get(offset)

    def _read(self, place: kafka.TopicPartition) -> _Span | None:
        consumer = self._client()
        consumer.assign([place])
        try:
            first = _first(consumer, place)
            if first is None:
                return None
            return _span(place.offset, [first, *_behind(consumer, first)])
        finally:
            consumer.unassign()

    def _client(self) -> kafka.Consumer:
        if self._consumer is None:
            self._consumer = kafka.consumer(
                self._options,
                enable_partition_eof=True,
                auto_offset_reset="error",
                fetch_wait_max_ms=10,
            )
        return self._consumer


def _first(consumer: kafka.Consumer, place: kafka.TopicPartition) -> kafka.Message | None:
    deadline = time.monotonic() + _ANSWER_SECONDS
    while time.monotonic() < deadline:
        message = consumer.poll(_POLL_SECONDS)
        if message is None:
            continue
        if is_end_of_partition(message) or is_out_of_range(message):
            return None
        error = message.error()
        if error is not None:
            raise kafka.KafkaException(error)
        return message
    told = f"{place.topic}[{place.partition}] at {place.offset}"
    raise TransientError(f"Kafka gave no answer about {told} in {_ANSWER_SECONDS:g} s")


def _behind(consumer: kafka.Consumer, first: kafka.Message) -> list[kafka.Message]:
    """What came with it and is there already."""
    found: list[kafka.Message] = []
    size = len(first)
    for message in consumer.consume(_MOST_RECORDS - 1, timeout=0):
        size += len(message)
        if message.error() is not None or size > _MOST_BYTES:
            break
        found.append(message)
    return found


def _span(first: int, messages: list[kafka.Message]) -> _Span:
    records = {message.offset() or 0: message for message in messages}
    return _Span(first, max(records), records)
