"""What writes the records of a test: each that is acknowledged lies in its partition."""

from functools import lru_cache
from typing import Any

from headway.edges import kafka


def sure_producer(options: kafka.Options, **more: Any) -> kafka.Producer:
    """A producer with one request under way.

    With more, a leader that is not there yet, as on a fresh topic, may refuse a batch and take the
    next; librdkafka then counts the first as acknowledged ("implicitly acked by subsequent
    batch"), without an offset, and it lies nowhere.
    """
    return kafka.producer(options, max_in_flight=1, **more)


@lru_cache(maxsize=1)
def shared_producer(bootstrap_servers: str) -> kafka.Producer:
    """The producer of all tests on one broker; one with a broker of its own takes its place.

    A new one is given its producer id only half a second after it was asked for a record.
    """
    return sure_producer({"bootstrap.servers": bootstrap_servers}, linger_ms=5)
