"""A record as the broker keeps it."""

from dataclasses import dataclass

from headway.edges import kafka

_CREATE_TIME = 1


@dataclass(frozen=True, slots=True)
class Record:
    """What a producer gave, and when."""

    key: bytes | None
    value: bytes | None
    headers: kafka.Headers | None
    timestamp_ms: int

    @property
    def size_bytes(self) -> int:
        return len(self.key or b"") + len(self.value or b"")

    def message(
        self, topic: str, partition: int, offset: int, error: kafka.KafkaError | None = None
    ) -> kafka.Message:
        """The client's own message, which tests may construct."""
        return kafka.Message(
            topic=topic,
            partition=partition,
            offset=offset,
            key=self.key,
            value=self.value,
            headers=self.headers,
            timestamp=(_CREATE_TIME, self.timestamp_ms),
            error=error,
        )
