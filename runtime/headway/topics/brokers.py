"""What brokers have to allow, beyond topics: told when topics are made, and never refused."""

import logging
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from typing import Any, Final, NamedTuple

from headway.edges import kafka

logger = logging.getLogger(__name__)

_TIMEOUT_SECONDS: Final = 10.0


class Least(NamedTuple):
    """The least value of a broker's option, and what happens below it."""

    value: int
    reason: str


WANTED: Final[Mapping[str, Least]] = {
    "offsets.retention.minutes": Least(
        90 * 24 * 60, "a stage that is down for longer reads all there is again"
    ),
    "offset.metadata.max.bytes": Least(4096, "what is done above the watermark would not fit"),
    "transaction.max.timeout.ms": Least(60_000, "TRANSACTION_TIMEOUT_MS must be below it"),
}


def tell_brokers(admin: kafka.AdminClient) -> None:
    """Log what the brokers' options are too small for; nothing if they may not be read. Blocks.

    Raises:
        KafkaException: the cluster does not answer.
    """
    for broker, options in broker_options(admin).items():
        if isinstance(options, kafka.KafkaException):
            extra = {"broker": str(broker), "error": kafka.describe(options)}
            logger.info("broker.not_described", extra=extra)
            continue
        for text in too_small(options):
            extra = {"broker": str(broker), "difference": text}
            logger.warning("broker.differs", extra=extra)


def broker_options(
    admin: kafka.AdminClient,
) -> dict[int, Mapping[str, str] | kafka.KafkaException]:
    """The options of each broker, or why they are not told. Blocks.

    Raises:
        KafkaException: the cluster does not answer.
    """
    nodes = admin.describe_cluster(request_timeout=_TIMEOUT_SECONDS).result().nodes
    # The client takes one broker a call.
    asked = {node.id: _asked(admin, node.id) for node in nodes}
    found: dict[int, Mapping[str, str] | kafka.KafkaException] = {}
    for broker, answer in asked.items():
        try:
            found[broker] = {name: str(entry.value) for name, entry in answer.result().items()}
        except kafka.KafkaException as error:
            found[broker] = error
    return found


def _asked(admin: kafka.AdminClient, broker: int) -> Future[Any]:
    resource = kafka.ConfigResource(kafka.ResourceType.BROKER, str(broker))
    (answer,) = admin.describe_configs([resource], request_timeout=_TIMEOUT_SECONDS).values()
    return answer


def too_small(options: Mapping[str, str]) -> Iterator[str]:
    """A sentence for each option that is below what is wanted; one that is not there is well."""
    for name, least in WANTED.items():
        value = options.get(name, "")
        if value.lstrip("-").isdigit() and int(value) < least.value:
            yield f"{name}={value}, wanted {least.value} at least: {least.reason}"
