"""What brokers have to allow, beyond topics: told when topics are made, and never refused."""

import logging
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

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
    nodes = admin.describe_cluster(request_timeout=_TIMEOUT_SECONDS).result().nodes
    brokers = [kafka.ConfigResource(kafka.ResourceType.BROKER, str(node.id)) for node in nodes]
    for broker, future in admin.describe_configs(brokers, request_timeout=_TIMEOUT_SECONDS).items():
        try:
            options = {name: str(entry.value) for name, entry in future.result().items()}
        except kafka.KafkaException as error:
            extra = {"broker": broker.name, "error": kafka.describe(error)}
            logger.info("broker.not_described", extra=extra)
            continue
        for text in too_small(options):
            logger.warning("broker.differs", extra={"broker": broker.name, "difference": text})


def too_small(options: Mapping[str, str]) -> Iterator[str]:
    """A sentence for each option that is below what is wanted; one that is not there is well."""
    for name, least in WANTED.items():
        value = options.get(name, "")
        if value.lstrip("-").isdigit() and int(value) < least.value:
            yield f"{name}={value}, wanted {least.value} at least: {least.reason}"
