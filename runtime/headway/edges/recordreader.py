"""One record by its place, or the newest of a key: a dead letter, what waits in a tier, a state."""

import threading
import time
from collections.abc import Callable
from contextlib import closing
from typing import Final

from headway.base.errors import TransientError
from headway.edges import kafka
from headway.edges.admin import watermarks
from headway.edges.messages import is_end_of_partition, is_out_of_range

#: A record that is there comes in milliseconds; without an answer for so long the cluster is away.
_ANSWER_SECONDS: Final = 10.0
_POLL_SECONDS: Final = 0.5
_BATCH_RECORDS: Final = 1000


class RecordReader:
    """Reads single records, as read_committed readers see them; for any thread, one at a time.

    The client is made at the first question and kept.
    """

    def __init__(self, options: kafka.Options) -> None:
        self._options = options
        self._lock = threading.Lock()
        self._consumer: kafka.Consumer | None = None
        #: The first offsets that partitions had when they were last asked for: they only rise.
        self._first: dict[tuple[str, int], int] = {}

    def read(self, topic: str, partition: int, offset: int) -> kafka.Message | None:
        """The record there; None if there is none (any more). Blocks for seconds at most.

        Raises:
            KafkaException, TransientError: the cluster does not answer.
        """
        with self._lock:
            consumer = self._assigned(topic, partition, offset)
            try:
                return self._read(consumer, offset)
            finally:
                consumer.unassign()

    def newest(
        self, topic: str, partition: int, key: bytes, lost: Callable[[], bool]
    ) -> kafka.Message | None:
        """The last record of *key*; None if it has none. Reads all of the partition.

        So it blocks for as long as that takes (9 s a million), or until *lost*.

        Raises:
            KafkaException, TransientError: the cluster does not answer, or *lost* came.
        """
        with self._lock:
            consumer = self._assigned(topic, partition, kafka.OFFSET_BEGINNING)
            try:
                return self._newest(consumer, key, lost)
            finally:
                consumer.unassign()

    def holds(self, topic: str, partition: int, offset: int) -> bool:
        """Whether what was written at *offset* has not been trimmed. Blocks for seconds at most.

        Raises:
            KafkaException, TransientError: the cluster does not answer.
        """
        place = (topic, partition)
        with self._lock:
            first = self._first.get(place, 0)
            if first <= offset:
                first, _ = watermarks(self._client(), kafka.TopicPartition(topic, partition))
                self._first[place] = first
            return first <= offset

    def close(self) -> None:
        """Let the client go."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            consumer.close()

    def _client(self) -> kafka.Consumer:
        if self._consumer is None:
            self._consumer = kafka.consumer(
                self._options,
                enable_partition_eof=True,
                auto_offset_reset="error",
                fetch_wait_max_ms=10,
            )
        return self._consumer

    def _assigned(self, topic: str, partition: int, offset: int) -> kafka.Consumer:
        consumer = self._client()
        consumer.assign([kafka.TopicPartition(topic, partition, offset)])
        return consumer

    def _newest(
        self, consumer: kafka.Consumer, key: bytes, lost: Callable[[], bool]
    ) -> kafka.Message | None:
        found, deadline = None, time.monotonic() + _ANSWER_SECONDS
        while time.monotonic() < deadline and not lost():
            for message in consumer.consume(_BATCH_RECORDS, timeout=_POLL_SECONDS):
                if is_end_of_partition(message):
                    return found
                if (error := message.error()) is not None:
                    raise kafka.KafkaException(error)
                deadline = time.monotonic() + _ANSWER_SECONDS
                if message.key() == key:
                    found = message
        raise TransientError(f"Kafka gave no records for {_ANSWER_SECONDS:g} s")

    def _read(self, consumer: kafka.Consumer, offset: int) -> kafka.Message | None:
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
            # What is deleted or aborted is passed over: then the next one is another.
            return message if message.offset() == offset else None
        raise TransientError(f"Kafka gave no answer about offset {offset} in {_ANSWER_SECONDS:g} s")


def read_once(
    options: kafka.Options, topic: str, partition: int, offset: int
) -> kafka.Message | None:
    """As `RecordReader.read`, with a client of its own: who asks at once waits for no other."""
    with closing(RecordReader(options)) as reader:
        return reader.read(topic, partition, offset)
