"""The one border to the Kafka client: nothing else in the product imports it.

Clients are made here, with the options of `headway.edges.clientoptions`. What an operator says wins
over those, and what is not an operator's to say is refused.
"""

import logging
import sys
from typing import Any, Final, Protocol

from confluent_kafka import (
    OFFSET_BEGINNING,
    TIMESTAMP_NOT_AVAILABLE,
    Consumer,
    IsolationLevel,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicCollection,
    TopicPartition,
    TopicPartitionInfo,
    murmur2,
)
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._acl import AclOperation
from confluent_kafka.admin._config import (  # its __init__ re-exports untyped
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
)
from confluent_kafka.admin._listoffsets import OffsetSpec
from confluent_kafka.admin._metadata import ClusterMetadata
from confluent_kafka.admin._resource import ResourceType
from confluent_kafka.cimpl import NewPartitions, NewTopic

from headway.base.errors import SettingsError, StageHalted
from headway.edges.clientoptions import (
    ADMIN,
    CONSUMER,
    PRODUCER,
    MaskedOptions,
    operator_options,
    refusal,
)

__all__ = [
    "OFFSET_BEGINNING",
    "TIMESTAMP_NOT_AVAILABLE",
    "AclOperation",
    "AdminClient",
    "AlterConfigOpType",
    "ClusterMetadata",
    "ClusterSettings",
    "ConfigEntry",
    "ConfigResource",
    "Consumer",
    "Headers",
    "IsolationLevel",
    "KafkaError",
    "KafkaException",
    "Message",
    "NewPartitions",
    "NewTopic",
    "OffsetSpec",
    "Options",
    "Producer",
    "ResourceType",
    "TopicCollection",
    "TopicPartition",
    "TopicPartitionInfo",
    "admin_client",
    "client_options",
    "consumer",
    "describe",
    "generation",
    "murmur2",
    "producer",
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
Headers = list[tuple[str, str | bytes | None]]

#: librdkafka writes its group metadata as this tag, the generation as int32, then the names.
_GROUP_METADATA_TAG: Final = b"CGMDv2:"


class ClusterSettings(Protocol):
    """The settings a client is built from."""

    @property
    def kafka_bootstrap_servers(self) -> str: ...
    @property
    def kafka_client_options(self) -> str: ...
    @property
    def kafka_client_options_file(self) -> str: ...
    @property
    def instance_id(self) -> str: ...


def client_options(settings: ClusterSettings) -> Options:
    """Options common to every client of this process.

    Raises:
        SettingsError: what the operator says is malformed, reserved, or none of the client's.
    """
    given = operator_options(settings.kafka_client_options, settings.kafka_client_options_file)
    try:
        # Without a broker to reach: it only looks at the options.
        admin_client(given.options | {"logger": _client_logger})
    except KafkaException as error:
        # Its words may hold a secret, and so may a traceback's.
        raise SettingsError(refusal(given, error.args[0].str())) from None
    return MaskedOptions(
        {
            "bootstrap.servers": settings.kafka_bootstrap_servers,
            "client.id": settings.instance_id,
            "error_cb": _log_error,
            "logger": _client_logger,
            **given.options,
        }
    )


def consumer(options: Options, **more: Any) -> Consumer:
    """A read_committed consumer that never commits by itself."""
    return Consumer(CONSUMER | _dotted(more) | options)


def producer(options: Options, **more: Any) -> Producer:
    """A producer for acknowledged records; transactional if *transactional_id* is given."""
    return Producer(PRODUCER | _dotted(more) | options)


def admin_client(options: Options) -> AdminClient:
    """A client for questions about the cluster and for changes of it."""
    return AdminClient(ADMIN | options)


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
