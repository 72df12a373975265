"""The one border to the Kafka client: nothing else in the product imports it.

Client options that shape the product are set here, each with its reason; an operator's
`KAFKA_CLIENT_OPTIONS` win over them.
"""

import logging
import sys
import time
from collections.abc import Iterable
from typing import Any, Final, Protocol

from confluent_kafka import (
    OFFSET_BEGINNING,
    TIMESTAMP_NOT_AVAILABLE,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import ConfigResource  # its __init__ re-exports untyped
from confluent_kafka.admin._resource import ResourceType
from confluent_kafka.cimpl import NewTopic

from headway.errors import SettingsError, StageHalted

__all__ = [
    "OFFSET_BEGINNING",
    "TIMESTAMP_NOT_AVAILABLE",
    "AdminClient",
    "ClusterSettings",
    "ConfigResource",
    "Consumer",
    "Headers",
    "KafkaError",
    "KafkaException",
    "Message",
    "NewTopic",
    "Producer",
    "ResourceType",
    "TopicCollection",
    "TopicPartition",
    "admin_client",
    "client_options",
    "consumer",
    "describe",
    "end_offsets",
    "generation",
    "headers_of",
    "is_end_of_partition",
    "producer",
    "watermarks",
]

logger = logging.getLogger(__name__)
_client_logger = logging.getLogger("librdkafka")


class _ClientLines(logging.Filter):
    """Gives the client library's own lines one event name; their text becomes a field."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.detail = record.getMessage()
        record.msg, record.args = "kafka.client_log", ()
        return True


_client_logger.addFilter(_ClientLines())

Options = dict[str, Any]

#: The broker answers CONCURRENT_TRANSACTIONS while the transaction before is still being
#: completed; at the client's default back-off of 100 ms back-to-back transactions take 100 ms
#: each, at 2 ms about 5 ms.
_RETRY_BACKOFF_MS: Final = 2
#: Longest wait for the answer to one question about the cluster.
_QUERY_SECONDS: Final = 10.0
_LEADER_PAUSE_SECONDS: Final = 0.05
_NO_LEADER: Final = frozenset(
    {KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE}
)
#: librdkafka writes its group metadata as this tag, the generation as int32, then the names.
_GROUP_METADATA_TAG: Final = b"CGMDv2:"


class ClusterSettings(Protocol):
    """The settings a client is built from."""

    @property
    def kafka_bootstrap_servers(self) -> str: ...
    @property
    def kafka_client_options(self) -> str: ...
    @property
    def instance_id(self) -> str: ...


def client_options(settings: ClusterSettings) -> Options:
    """Options common to every client of this process.

    Raises:
        SettingsError: KAFKA_CLIENT_OPTIONS is not `name=value;name=value`.
    """
    options: Options = {
        "bootstrap.servers": settings.kafka_bootstrap_servers,
        "client.id": settings.instance_id,
        "error_cb": _log_error,
        "logger": _client_logger,
    }
    for pair in filter(None, settings.kafka_client_options.split(";")):
        name, equals, value = pair.partition("=")
        if not equals:
            raise SettingsError(f"KAFKA_CLIENT_OPTIONS: {pair!r} is not name=value")
        options[name.strip()] = value.strip()
    return options


def consumer(options: Options, **more: Any) -> Consumer:
    """A read_committed consumer that never commits by itself."""
    fixed: Options = {
        "group.id": "unused",
        "isolation.level": "read_committed",
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "earliest",
        "allow.auto.create.topics": False,
        # A broker holds an empty fetch this long; records that arrive end the wait at once.
        "fetch.wait.max.ms": 100,
        "fetch.error.backoff.ms": 50,
        "reconnect.backoff.max.ms": 1000,
    }
    return Consumer(fixed | options | _dotted(more))


def producer(options: Options, **more: Any) -> Producer:
    """A producer for acknowledged records; transactional if *transactional_id* is given."""
    fixed: Options = {
        # Java's default partitioner, so that every producer agrees on a job's partition.
        "partitioner": "murmur2_random",
        "linger.ms": 0,
        "acks": "all",
        "enable.idempotence": True,
        "compression.type": "lz4",
        "retry.backoff.ms": _RETRY_BACKOFF_MS,
        "reconnect.backoff.max.ms": 1000,
    }
    return Producer(fixed | options | _dotted(more))


def admin_client(options: Options) -> AdminClient:
    return AdminClient(options)


Headers = list[tuple[str, str | bytes | None]]


def headers_of(message: Message) -> Headers:
    """The headers of a received record."""
    return list(message.headers() or [])  # type: ignore[arg-type]  # a dict only when producing


def end_offsets(options: Options, topic: str, partitions: Iterable[int]) -> dict[int, int]:
    """The high watermark of each partition, records of open transactions included. Blocks.

    Raises:
        KafkaException: the cluster did not answer.
    """
    # Asked as read_uncommitted: a read_committed client is told the last stable offset instead.
    asking = consumer(options, isolation_level="read_uncommitted")
    try:
        return {p: watermarks(asking, TopicPartition(topic, p))[1] for p in partitions}
    finally:
        asking.close()


def watermarks(asking: Consumer, place: TopicPartition) -> tuple[int, int]:
    """First and next offset of a partition as *asking* may see it. Blocks.

    A partition whose leader is just being elected or moved is asked for again.

    Raises:
        KafkaException: no answer in ten seconds, or a refusal.
    """
    deadline = time.monotonic() + _QUERY_SECONDS
    while True:
        try:
            return asking.get_watermark_offsets(place, timeout=_QUERY_SECONDS)
        except KafkaException as error:
            if error.args[0].code() not in _NO_LEADER or time.monotonic() > deadline:
                raise
            time.sleep(_LEADER_PAUSE_SECONDS)


def is_end_of_partition(message: Message) -> bool:
    """Whether *message* is the client's notice that a partition is read to its end."""
    error = message.error()
    return error is not None and error.code() == KafkaError._PARTITION_EOF  # noqa: SLF001


def generation(group_metadata: bytes) -> int:
    """The generation inside the client's group metadata; negative: not a member just now.

    A transaction's offsets under a negative generation and no member id are not fenced by the
    broker (it takes them for a client from before KIP-447), so they must never be sent.

    Raises:
        StageHalted: the client serializes its metadata in another form than the one known.
    """
    if not group_metadata.startswith(_GROUP_METADATA_TAG):
        raise StageHalted(f"unknown form of group metadata: {group_metadata[:8]!r}")
    start = len(_GROUP_METADATA_TAG)
    return int.from_bytes(group_metadata[start : start + 4], sys.byteorder, signed=True)


def describe(error: BaseException) -> str:
    """What the cluster said, in the field's own words, for a log line or a message."""
    cause = error.args[0] if isinstance(error, KafkaException) and error.args else error
    return f"{cause.name()}: {cause.str()}" if isinstance(cause, KafkaError) else str(cause)


def _dotted(more: Options) -> Options:
    return {name.replace("_", "."): value for name, value in more.items()}


def _log_error(error: KafkaError) -> None:
    logger.warning("kafka.client_error", extra={"code": error.name(), "detail": error.str()})
