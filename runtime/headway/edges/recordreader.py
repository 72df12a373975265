"""One record by its place: a dead letter, a record that waits in a tier."""

import threading
import time
from contextlib import closing
from typing import Final

from headway.base.errors import TransientError
from headway.edges import kafka
from headway.edges.messages import is_end_of_partition, is_out_of_range

#: A record that is there comes in milliseconds; without an answer for so long the cluster is away.
_ANSWER_SECONDS: Final = 10.0
_POLL_SECONDS: Final = 0.5


class RecordReader:
    """Reads single records, as read_committed readers see them; for any thread, one at a time.

    The client is made at the first question and kept.
    """

    def __init__(self, options: kafka.Options) -> None:
        self._options = options
        self._lock = threading.Lock()
        self._consumer: kafka.Consumer | None = None

    def read(self, topic: str, partition: int, offset: int) -> kafka.Message | None:
        """The record there; None if there is none (any more). Blocks for seconds at most.

        Raises:
            KafkaException, TransientError: the cluster does not answer.
        """
        with self._lock:
            if self._consumer is None:
                self._consumer = kafka.consumer(
                    self._options,
                    enable_partition_eof=True,
                    auto_offset_reset="error",
                    fetch_wait_max_ms=10,
                )
            self._consumer.assign([kafka.TopicPartition(topic, partition, offset)])
            try:
                return self._read(self._consumer, offset)
            finally:
                self._consumer.unassign()

    def close(self) -> None:
        """Let the client go."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            consumer.close()

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
