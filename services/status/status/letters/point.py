"""One dead letter as Kafka has it now, read when somebody asks for it. Blocks, within bounds."""

import time
from contextlib import closing
from typing import Final

from headway.edges import kafka
from headway.edges.messages import is_end_of_partition

#: Whoever asks waits for so long, twice at most, and may ask again.
_ASK_SECONDS: Final = 5.0
_POLL_SECONDS: Final = 0.2


def read_at(
    options: kafka.Options, topic: str, partition: int, offset: int
) -> kafka.Message | None:
    """The record there; None if Kafka has none.

    Raises:
        KafkaException: Kafka does not answer within ten seconds, or refuses.
    """
    place = kafka.TopicPartition(topic, partition, offset)
    reading = {"enable_partition_eof": True, "auto_offset_reset": "error"}
    with closing(kafka.consumer(options, **reading)) as consumer:
        low, high = consumer.get_watermark_offsets(place, timeout=_ASK_SECONDS)
        if not low <= offset < high:
            return None
        consumer.assign([place])
        return _next(consumer, offset)


def _next(consumer: kafka.Consumer, offset: int) -> kafka.Message | None:
    deadline = time.monotonic() + _ASK_SECONDS
    while time.monotonic() < deadline:
        message = consumer.poll(_POLL_SECONDS)
        if message is None:
            continue
        if message.error() is not None:
            if is_end_of_partition(message):
                return None
            raise kafka.KafkaException(message.error())
        # One that lies behind it: what was asked for is a marker, or was aborted.
        return message if message.offset() == offset else None
    raise kafka.KafkaException(kafka.KafkaError(kafka.KafkaError._TIMED_OUT))  # noqa: SLF001 - its only name
