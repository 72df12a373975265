"""The cluster that the environment names, for commands: reached in seconds, or said why not."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Final

from headway.declared.catalog import Catalog
from headway.declared.pipeline import Pipeline
from headway.declared.settings import KafkaSettings, read, setting
from headway.desk.subcommand import CannotRun, NotDone
from headway.edges import kafka
from headway.edges.objectstore import ObjectStore
from headway.edges.recordreader import RecordReader
from headway.wire.codec import Codec

#: Whoever sits at a desk is told in time, wherever the fault is.
REACH_SECONDS: Final = 8.0


@dataclass(frozen=True, kw_only=True)
class DeskSettings(KafkaSettings):
    """What is needed to look after jobs: what every service is told, less what serves users."""

    instance_id: str = setting("Name shown to the brokers.", default="headway")
    object_store_url: str = setting("Where the services keep files.", default="")


@dataclass(frozen=True, slots=True)
class Cluster:
    """Reached: *counts* are the partitions of every topic that is there, by its whole name."""

    settings: DeskSettings
    options: kafka.Options
    counts: dict[str, int]
    catalog: Catalog
    reader: RecordReader
    pipeline: Pipeline = field(default_factory=Pipeline.load)
    codec: Codec = field(default_factory=Codec)

    def topic(self, named: str) -> str:
        """The whole name of a topic *named* with or without the deployment's prefix.

        Raises:
            CannotRun: there is none.
        """
        for name in (named, self.catalog.prefix + named):
            if name in self.counts:
                return name
        prefix = self.catalog.prefix
        raise CannotRun(
            f"{self.settings.kafka_bootstrap_servers} has no topic {prefix + named!r}: is "
            f"TOPIC_PREFIX ({prefix!r}) the deployment's?"
        )

    def record(self, named: str, partition: int, offset: int) -> kafka.Message:
        """The one record at a place. Blocks for seconds.

        Raises:
            NotDone: there is none, or none any more.
            KafkaException, TransientError: the cluster does not answer.
        """
        topic = self.topic(named)
        place = f"{topic} {partition} {offset}"
        if partition not in range(self.counts[topic]):
            raise NotDone(f"{place}: the topic has partitions 0 to {self.counts[topic] - 1}")
        message = self.reader.read(topic, partition, offset)
        if message is None:
            raise NotDone(
                f"{place}: there is no such record: it was removed by the topic's retention, was "
                "never committed, or is yet to come"
            )
        return message

    def store(self) -> ObjectStore:
        """Where files lie.

        Raises:
            CannotRun: the environment does not say.
        """
        return ObjectStore.open(self.store_url)

    @property
    def store_url(self) -> str:
        """As `store`."""
        if not self.settings.object_store_url:
            raise CannotRun("OBJECT_STORE_URL is not set, and the record's bytes lie there")
        return self.settings.object_store_url


@contextmanager
def reached() -> Iterator[Cluster]:
    """The cluster that the environment names.

    Raises:
        SettingsError: it names none, or an option that is none.
        CannotRun: it does not answer.
    """
    settings = read(DeskSettings)
    options = kafka.client_options(settings)
    try:
        found = kafka.admin_client(options).list_topics(timeout=REACH_SECONDS)
    except kafka.KafkaException as error:
        raise CannotRun(
            f"{settings.kafka_bootstrap_servers} (KAFKA_BOOTSTRAP_SERVERS) does not answer: "
            f"{kafka.describe(error)}"
        ) from error
    counts = {name: len(topic.partitions) for name, topic in found.topics.items()}
    with closing(RecordReader(options)) as reader:
        yield Cluster(settings, options, counts, Catalog.of(settings), reader)
