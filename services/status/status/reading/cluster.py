"""Which cluster the table is made of: a name that no other one has, and how far its topics go."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Final

from headway.declared.catalog import Catalog
from headway.declared.pipeline import Pipeline
from headway.edges import kafka
from headway.edges.admin import Questions
from status.table.position import Source, Vector

_TIMEOUT_SECONDS: Final = 10.0
_EPOCH_CHARACTERS: Final = 12
#: What offsets mean, whatever form the file has: ids given by earlier releases stay true.
_FORM: Final = "form 1"


def sources_of(catalog: Catalog, pipeline: Pipeline) -> dict[str, Source]:
    """What is read, by the topic's name on the cluster."""
    return {
        catalog[pipeline.source].name: Source.SUBMITTED,
        catalog[pipeline.state].name: Source.STATE,
        catalog[pipeline.progress].name: Source.PROGRESS,
        catalog[pipeline.commands].name: Source.COMMANDS,
        catalog[pipeline.results].name: Source.RESULTS,
    }


@dataclass(frozen=True, slots=True)
class Ends:
    """How far the topics go, as the cluster said when it was asked.

    `stable` is as far as a reader of committed records gets, `high` what is written. The epoch
    names the cluster and this incarnation of the topics.
    """

    epoch: str
    stable: Vector
    high: Vector

    @property
    def acknowledged(self) -> Vector:
        """What names every job that a producer was told to be there.

        A submission is acknowledged where no reader sees it yet: behind an open transaction of
        somebody else, and for the moment between a commit's return and its marker in the
        partition. The other topics only tell on of jobs that a submission names.
        """
        parts = list(self.stable.parts)
        parts[Source.SUBMITTED] = self.high.of(Source.SUBMITTED)
        return Vector(tuple(parts))


class Incarnation:
    """Names the cluster and these topics as they are now; safe to share by threads."""

    def __init__(self, options: kafka.Options, topics: Iterable[str]) -> None:
        self._questions = Questions(options)
        self._topics = sorted(topics)

    def name(self, seconds: float = _TIMEOUT_SECONDS) -> str:
        """Another one if a topic was deleted and made again. Blocks.

        Raises:
            KafkaException: no answer in time, or a topic is gone.
        """
        return self._questions.ask(partial(_epoch, names=self._topics, seconds=seconds))


class Cluster:
    """Asks the cluster; safe to share by threads."""

    def __init__(self, options: kafka.Options, catalog: Catalog, pipeline: Pipeline) -> None:
        self._questions = Questions(options)
        self._sources = sources_of(catalog, pipeline)
        self._partitions = catalog[pipeline.source].partitions

    def epoch(self, seconds: float = _TIMEOUT_SECONDS) -> str:
        """Name this incarnation of the topics. Blocks.

        A topic deleted and made again has another id, so offsets of the one before mean nothing.

        Raises:
            KafkaException: no answer in time, or a topic is gone.
        """
        names = sorted(self._sources)
        return self._questions.ask(partial(_epoch, names=names, seconds=seconds))

    def ends(self) -> Ends:
        """How far the topics go now. Blocks.

        Raises:
            KafkaException: the cluster does not answer, or not about all of it.
        """
        epoch = self.epoch()
        ask, level = self._questions.ask, kafka.IsolationLevel
        stable = ask(partial(self._ends, level=level.READ_COMMITTED))
        high = ask(partial(self._ends, level=level.READ_UNCOMMITTED))
        return Ends(epoch, stable, high)

    def _ends(self, admin: kafka.AdminClient, level: kafka.IsolationLevel) -> Vector:
        wanted = {
            kafka.TopicPartition(topic, partition): kafka.OffsetSpec.latest()  # type: ignore[no-untyped-call]  # the client's own
            for topic in self._sources
            for partition in range(self._partitions)
        }
        asked = admin.list_offsets(wanted, isolation_level=level, request_timeout=_TIMEOUT_SECONDS)
        ends = {
            (self._sources[place.topic], place.partition): future.result().offset
            for place, future in asked.items()
        }
        return Vector.of_ends(self._partitions, ends)


def _epoch(admin: kafka.AdminClient, names: list[str], seconds: float) -> str:
    cluster_id = admin.list_topics(timeout=seconds).cluster_id
    described = admin.describe_topics(kafka.TopicCollection(names), request_timeout=seconds)
    ids = [f"{name}={described[name].result().topic_id}" for name in names]
    text = "\n".join([_FORM, f"cluster {cluster_id}", *ids])
    return hashlib.sha256(text.encode()).hexdigest()[:_EPOCH_CHARACTERS]
