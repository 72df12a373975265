"""The one border to the Kafka client: nothing else in the product imports it.

Client options that shape the product are set here, each with its reason. What an operator says
wins over them, and what is not an operator's to say is refused (`headway.edges.clientoptions`).
"""

import logging
import sys
import time
from operator import methodcaller
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
)
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import (  # its __init__ re-exports untyped
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
)
from confluent_kafka.admin._listoffsets import OffsetSpec
from confluent_kafka.admin._resource import ResourceType
from confluent_kafka.cimpl import NewPartitions, NewTopic

from headway.base.errors import SettingsError, StageHalted
from headway.edges.clientoptions import operator_options, refusal

__all__ = [
    "OFFSET_BEGINNING",
    "TIMESTAMP_NOT_AVAILABLE",
    "UNREADABLE_HEADERS",
    "AdminClient",
    "AlterConfigOpType",
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
    "Producer",
    "ResourceType",
    "TopicCollection",
    "TopicPartition",
    "admin_client",
    "client_options",
    "consumer",
    "describe",
    "generation",
    "headers_of",
    "is_end_of_partition",
    "is_out_of_range",
    "is_unreadable",
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
#: The last of them comes from a leader just elected, until its followers have caught up (KIP-207).
_NO_LEADER: Final = frozenset(
    {
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.OFFSET_NOT_AVAILABLE,
    }
)
_UNREADABLE: Final = frozenset({KafkaError._BAD_COMPRESSION, KafkaError._BAD_MSG})  # noqa: SLF001 - their only names
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
    return {
        "bootstrap.servers": settings.kafka_bootstrap_servers,
        "client.id": settings.instance_id,
        "error_cb": _log_error,
        "logger": _client_logger,
        **given.options,
    }


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
    return Consumer(fixed | _dotted(more) | options)


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
    return Producer(fixed | _dotted(more) | options)


def admin_client(options: Options) -> AdminClient:
    """A client for questions about the cluster and for changes of it."""
    fixed: Options = {
        # Connected as needed, a client that is asked about a broker that is away tries to connect
        # without a pause, thousands of times a second (librdkafka 2.16: each failure wakes the
        # question, which asks for a connection at once): a core for each client.
        "enable.sparse.connections": False,
        "reconnect.backoff.max.ms": 1000,
    }
    return AdminClient(fixed | options)


Headers = list[tuple[str, str | bytes | None]]
#: Called as a method written in the code, the interpreter trusts the client once the place is warm,
#: and gives the list with holes although there was an error.
_CLIENT_HEADERS: Final = methodcaller("headers")
#: In place of headers that the client cannot give.
UNREADABLE_HEADERS: Final[Headers] = [
    ("headway.headers.unreadable", b"a name among them is no UTF-8"),
]


def headers_of(message: Message) -> Headers:
    """The headers of a received record; never raises.

    One name that is no UTF-8 makes the client fail for all of them. It keeps a list with holes,
    and whoever asks a second time and looks into it ends the process: the list is replaced.
    """
    try:
        headers = _CLIENT_HEADERS(message)
    except SystemError:
        message.set_headers(UNREADABLE_HEADERS)
        return list(UNREADABLE_HEADERS)
    return list(headers or [])


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


def is_out_of_range(message: Message) -> bool:
    """Whether *message* is the client's notice that it cannot read on: its offset is not there."""
    error = message.error()
    return error is not None and error.code() == KafkaError._AUTO_OFFSET_RESET  # noqa: SLF001


def is_unreadable(message: Message) -> bool:
    """Whether *message* is the client's notice of a batch, at its offset, that it cannot read.

    The client does not go on behind it by itself.
    """
    error = message.error()
    return error is not None and error.code() in _UNREADABLE


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
