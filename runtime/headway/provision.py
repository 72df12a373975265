"""Topics by declaration, never by accident: created where missing, checked where present."""

import logging
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from headway import kafka, log
from headway.catalog import Catalog, Topic
from headway.errors import TopologyError
from headway.settings import read, setting

logger = logging.getLogger(__name__)

_TIMEOUT_SECONDS: Final = 30.0
_METADATA_POLL_SECONDS: Final = 0.05


def ensure_topics(options: kafka.Options, catalog: Catalog) -> tuple[str, ...]:
    """Create every declared topic that is missing; returns the names created. Blocks.

    Several processes may call it at once. Existing topics are not altered.

    Raises:
        TopologyError: an existing topic has another partition count or cleanup.policy, or
            the cluster refused to create one.
    """
    admin = kafka.admin_client(options)
    existing = admin.list_topics(timeout=_TIMEOUT_SECONDS).topics
    missing = [topic for topic in catalog.topics.values() if topic.name not in existing]
    created = tuple(_create(admin, missing))
    _await_metadata(admin, {topic.name for topic in missing})
    check_topics(options, catalog)
    return created


def check_topics(options: kafka.Options, catalog: Catalog) -> None:
    """Verify that the cluster's topics are those declared. Blocks.

    Raises:
        TopologyError: every difference at once, with what to do.
    """
    admin = kafka.admin_client(options)
    existing = admin.list_topics(timeout=_TIMEOUT_SECONDS).topics
    partitions = {name: len(topic.partitions) for name, topic in existing.items()}
    declared = catalog.topics.values()
    policies = _cleanup_policies(admin, [t.name for t in declared if t.name in partitions])
    faults = [fault for topic in declared for fault in _faults(topic, partitions, policies)]
    if faults:
        raise TopologyError("the cluster's topics do not fit:\n  " + "\n  ".join(faults))


def _create(admin: kafka.AdminClient, topics: list[Topic]) -> Iterable[str]:
    if not topics:
        return
    wanted = [
        kafka.NewTopic(
            topic.name,
            num_partitions=topic.partitions,
            config={"cleanup.policy": topic.cleanup_policy, **topic.config},
        )
        for topic in topics
    ]
    for name, future in admin.create_topics(wanted).items():
        try:
            future.result(timeout=_TIMEOUT_SECONDS)
        except kafka.KafkaException as error:
            if error.args[0].code() != kafka.KafkaError.TOPIC_ALREADY_EXISTS:
                raise TopologyError(f"{name}: not created: {kafka.describe(error)}") from error
        else:
            logger.info("topic.created", extra={"topic": name})
            yield name


def _await_metadata(admin: kafka.AdminClient, names: set[str]) -> None:
    """A created topic is not in every broker's metadata at once."""
    deadline = time.monotonic() + _TIMEOUT_SECONDS
    while not names <= admin.list_topics(timeout=_TIMEOUT_SECONDS).topics.keys():
        if time.monotonic() > deadline:
            raise TopologyError(f"created, but not seen after {_TIMEOUT_SECONDS:g} s: {names}")
        time.sleep(_METADATA_POLL_SECONDS)


def _faults(topic: Topic, partitions: Mapping[str, int], policies: Mapping[str, str]) -> list[str]:
    if topic.name not in partitions:
        return [f"{topic.name} is missing: run `python -m headway.provision` once"]
    faults = []
    if partitions[topic.name] != topic.partitions:
        faults.append(
            f"{topic.name} has {partitions[topic.name]} partitions, declared {topic.partitions}: "
            "one job would be in different partitions; recreate it or change the declaration",
        )
    if policies[topic.name] != topic.cleanup_policy:
        faults.append(
            f"{topic.name} has cleanup.policy={policies[topic.name]}, "
            f"declared {topic.cleanup_policy}: alter the topic or the declaration",
        )
    return faults


def _cleanup_policies(admin: kafka.AdminClient, names: list[str]) -> dict[str, str]:
    resources = [kafka.ConfigResource(kafka.ResourceType.TOPIC, name) for name in names]
    if not resources:
        return {}
    answers = admin.describe_configs(resources)
    return {
        resource.name: str(future.result(timeout=_TIMEOUT_SECONDS)["cleanup.policy"].value)
        for resource, future in answers.items()
    }


@dataclass(frozen=True, kw_only=True)
class ProvisionSettings:
    """What is needed to create topics: the settings of every service less what serves users."""

    kafka_bootstrap_servers: str = setting("Brokers to start from: host:port, comma separated.")
    kafka_client_options: str = setting("Further client options.", default="")
    topic_prefix: str = setting("Put before every topic.", default="")
    instance_id: str = setting("Name shown to the brokers.", default="provision")


def main() -> None:
    """Create the declared topics on the cluster the environment names."""
    log.configure("provision")
    settings = read(ProvisionSettings)
    catalog = Catalog.load(settings.topic_prefix)
    ensure_topics(kafka.client_options(settings), catalog)


if __name__ == "__main__":
    main()
