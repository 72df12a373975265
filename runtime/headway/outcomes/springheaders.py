"""The headers that Spring for Apache Kafka puts on dead letters, for tools that know those.

Names and forms are those of its DeadLetterPublishingRecoverer: numbers are big-endian, texts UTF-8
(Spring for Apache Kafka, reference, "Publishing Dead-letter Records").
"""

from typing import Final

from headway.wire.carried import FirstPlace

SPRING_PREFIX: Final = "kafka_dlt-"
_INT_BYTES: Final = 4
_LONG_BYTES: Final = 8


def spring_headers(
    origin: FirstPlace, *, group: str, error_class: str, message: str, trace: str
) -> list[tuple[str, bytes]]:
    """Where the record came from, in which group it was given up, and why."""
    told = {
        "original-topic": origin.topic.encode(),
        "original-partition": _number(origin.partition, _INT_BYTES),
        "original-offset": _number(origin.offset, _LONG_BYTES),
        "original-timestamp": _number(origin.timestamp, _LONG_BYTES),
        "original-timestamp-type": b"LogAppendTime",
        "original-consumer-group": group.encode(),
        "exception-fqcn": error_class.encode(),
        "exception-message": message.encode(),
        "exception-stacktrace": trace.encode(),
    }
    return [(SPRING_PREFIX + name, value) for name, value in told.items()]


def _number(number: int, size_bytes: int) -> bytes:
    return number.to_bytes(size_bytes, "big", signed=True)
