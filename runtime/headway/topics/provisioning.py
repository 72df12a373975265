"""Topics by declaration, never by accident: created where missing, mended where asked to.

    python -m headway.provision             create what is missing, tell what differs
    python -m headway.provision --alter     bring configurations up to the declarations
    python -m headway.provision --grow      add partitions, while no stage runs
    python -m headway.provision --wait 300  create nothing: wait until somebody else has

Exit codes: 0 the topics fit, 1 the cluster did not answer or refused, 2 they do not fit.
"""

import argparse
import logging
import math
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from headway.base.errors import SettingsError, TopologyError
from headway.declared.catalog import Catalog, Topic
from headway.declared.pipeline import Pipeline
from headway.declared.settings import KafkaSettings, read, setting
from headway.edges import kafka
from headway.edges.admin import group_members, set_option
from headway.observing import log
from headway.topics.awaiting import await_topics
from headway.topics.brokers import tell_brokers
from headway.topics.differences import Cluster, differences, wanted_config, wanted_copies
from headway.topics.topology import found, judge

logger = logging.getLogger(__name__)

_TIMEOUT_SECONDS: Final = 30.0
_METADATA_POLL_SECONDS: Final = 0.05


def ensure_topics(options: kafka.Options, catalog: Catalog) -> tuple[str, ...]:
    """Create every declared topic that is missing; returns the names created. Blocks.

    Several processes may call it at once. Existing topics are not altered.

    Raises:
        TopologyError: an existing topic differs so that it does harm, or the cluster refused
            to create one.
    """
    admin = kafka.admin_client(options)
    cluster = found(admin, catalog)
    missing = [topic for topic in catalog.topics.values() if topic.name not in cluster.topics]
    created = tuple(_create(admin, missing, cluster.brokers))
    # Judged by what was seen, for the next broker that is asked may not have heard of it yet.
    judge(catalog, _seen(admin, catalog, {topic.name: topic.partitions for topic in missing}))
    return created


def alter_topics(options: kafka.Options, catalog: Catalog) -> tuple[str, ...]:
    """Bring the configuration of existing topics up to the declared one; what was changed.

    What is more than declared (a longer retention, a larger record) stays. Blocks.

    Raises:
        KafkaException: the cluster refused, or did not answer.
    """
    admin = kafka.admin_client(options)
    cluster = found(admin, catalog)
    topics = {topic.name: topic for topic in catalog.topics.values()}
    changes: dict[str, list[kafka.ConfigEntry]] = {}
    for difference in differences(topics.values(), cluster):
        if difference.option:
            name, option = difference.topic, difference.option
            value = wanted_config(topics[name], cluster.topics[name].copies)[option]
            changes.setdefault(name, []).append(set_option(option, value))
    for name, entries in changes.items():
        _alter(admin, name, entries)
    return tuple(f"{name}: {entry.name}" for name, es in changes.items() for entry in es)


def grow_topics(options: kafka.Options, catalog: Catalog, pipeline: Pipeline) -> tuple[str, ...]:
    """Add partitions where fewer than declared are; the names of topics that grew. Blocks.

    Raises:
        TopologyError: a service still runs; it would meet some topics grown and others not.
        KafkaException: the cluster refused, or did not answer.
    """
    admin = kafka.admin_client(options)
    cluster = found(admin, catalog)
    short = {
        topic.name: topic.partitions
        for topic in catalog.topics.values()
        if topic.name in cluster.topics and cluster.topics[topic.name].partitions < topic.partitions
    }
    if short:
        _refuse_while_running(admin, [catalog.prefix + name for name in pipeline.groups])
        wanted = [kafka.NewPartitions(name, count) for name, count in short.items()]
        for name, future in admin.create_partitions(wanted).items():
            future.result(timeout=_TIMEOUT_SECONDS)
            logger.info("topic.grown", extra={"topic": name, "partitions": short[name]})
        _seen(admin, catalog, short)
    return tuple(short)


def _create(admin: kafka.AdminClient, topics: list[Topic], brokers: int) -> Iterable[str]:
    if not topics:
        return
    wanted = [_new(topic, wanted_copies(topic, brokers)) for topic in topics]
    for name, future in admin.create_topics(wanted).items():
        try:
            future.result(timeout=_TIMEOUT_SECONDS)
        except kafka.KafkaException as error:
            if error.args[0].code() != kafka.KafkaError.TOPIC_ALREADY_EXISTS:
                raise TopologyError(f"{name}: not created: {kafka.describe(error)}") from error
        else:
            logger.info("topic.created", extra={"topic": name})
            yield name


def _new(topic: Topic, copies: int) -> kafka.NewTopic:
    return kafka.NewTopic(
        topic.name,
        num_partitions=topic.partitions,
        replication_factor=copies,
        config=wanted_config(topic, copies),
    )


def _alter(admin: kafka.AdminClient, name: str, entries: list[kafka.ConfigEntry]) -> None:
    resource = kafka.ConfigResource(kafka.ResourceType.TOPIC, name, incremental_configs=entries)
    for future in admin.incremental_alter_configs([resource]).values():
        future.result(timeout=_TIMEOUT_SECONDS)
    changed = {entry.name: entry.value for entry in entries}
    logger.info("topic.altered", extra={"topic": name, "changed": changed})


def _refuse_while_running(admin: kafka.AdminClient, groups: list[str]) -> None:
    for group, members in group_members(admin, groups).items():
        if members:
            raise TopologyError(
                f"group {group} has {members} members: stop every producer and every service, "
                "then grow the topics (docs/runbooks/growing.md)"
            )


def _seen(admin: kafka.AdminClient, catalog: Catalog, counts: dict[str, int]) -> Cluster:
    """The topics, once those of *counts* are there: a broker hears of them later than another."""
    deadline = time.monotonic() + _TIMEOUT_SECONDS
    while True:
        cluster = found(admin, catalog)
        topics = cluster.topics
        if all(name in topics and topics[name].partitions >= counts[name] for name in counts):
            return cluster
        if time.monotonic() > deadline:
            raise TopologyError(f"created, but not seen after {_TIMEOUT_SECONDS:g} s: {counts}")
        time.sleep(_METADATA_POLL_SECONDS)


@dataclass(frozen=True, kw_only=True)
class ProvisionSettings(KafkaSettings):
    """What is needed to create topics: the settings of every service less what serves users."""

    instance_id: str = setting("Name shown to the brokers.", default="provision")


def main(arguments: list[str] | None = None) -> int:
    """Do to the cluster that the environment names what the command line says."""
    parser = argparse.ArgumentParser(
        prog="python -m headway.provision",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--alter", action="store_true", help="mend configurations")
    parser.add_argument("--grow", action="store_true", help="add partitions, while nothing runs")
    parser.add_argument(
        "--wait", type=_seconds, metavar="SECONDS", help="only wait for topics to be as declared"
    )
    chosen = parser.parse_args(arguments)
    if chosen.wait is not None and (chosen.alter or chosen.grow):
        parser.error("--wait changes nothing: leave --alter and --grow out")
    log.configure("provision")
    try:
        settings = read(ProvisionSettings)
        if chosen.wait is None:
            _provision(settings, alter=chosen.alter, grow=chosen.grow)
        else:
            _wait(settings, chosen.wait)
    except SettingsError as error:
        print(error, file=sys.stderr)  # noqa: T201 - what the operator asked for
        return 2
    except kafka.KafkaException as error:
        print(f"the cluster: {kafka.describe(error)}", file=sys.stderr)  # noqa: T201 - as above
        return 1
    return 0


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds < math.inf:
        raise ValueError(text)
    return seconds


def _wait(settings: ProvisionSettings, seconds: float) -> None:
    await_topics(kafka.client_options(settings), Catalog.of(settings), seconds=seconds)


def _provision(settings: ProvisionSettings, *, alter: bool, grow: bool) -> None:
    catalog, options = Catalog.of(settings), kafka.client_options(settings)
    if grow:
        grow_topics(options, catalog, Pipeline.load())
    if alter:
        alter_topics(options, catalog)
    ensure_topics(options, catalog)
    tell_brokers(kafka.admin_client(options))
