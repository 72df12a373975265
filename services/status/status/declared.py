"""What the declarations and the settings say, read once."""

from dataclasses import dataclass

from headway.declared.catalog import Catalog
from headway.declared.pipeline import Pipeline
from headway.edges import kafka
from headway.wire.codec import Codec
from status.reading.cluster import Cluster
from status.settings import StatusSettings


@dataclass(frozen=True, slots=True)
class Declared:
    """What the declarations and the settings say, read once."""

    options: kafka.Options
    catalog: Catalog
    pipeline: Pipeline
    codec: Codec
    cluster: Cluster

    @property
    def partitions(self) -> int:
        return self.catalog[self.pipeline.source].partitions

    @property
    def asked_ms(self) -> int:
        """For how long Kafka keeps what is asked of jobs."""
        return int(self.catalog[self.pipeline.commands].config["retention.ms"])

    @property
    def stages_by_letters(self) -> dict[str, str]:
        """Each stage by its dead-letter topic, as the cluster calls that."""
        return {self.catalog[s.dead_letters].name: s.name for s in self.pipeline.stages}

    @property
    def letter_topics(self) -> dict[str, str]:
        """The dead-letter topics as the cluster calls them, by that and by their own names."""
        topics = [self.catalog[stage.dead_letters] for stage in self.pipeline.stages]
        return {name: topic.name for topic in topics for name in (topic.logical_name, topic.name)}

    @property
    def letters_kept_ms(self) -> dict[str, int]:
        """For how long each dead-letter topic keeps what is in it; -1 is for ever."""
        topics = [self.catalog[stage.dead_letters] for stage in self.pipeline.stages]
        return {topic.name: int(topic.config["retention.ms"]) for topic in topics}

    @staticmethod
    def load(settings: StatusSettings) -> "Declared":
        options = kafka.client_options(settings)
        catalog, pipeline = Catalog.of(settings), Pipeline.load()
        cluster = Cluster(options, catalog, pipeline)
        return Declared(options, catalog, pipeline, Codec(), cluster)
