"""The partitions of topics as the cluster has them."""

from collections.abc import Collection
from typing import NamedTuple

from headway.declared.catalog import Catalog
from headway.edges import kafka


class Shape(NamedTuple):
    """A topic's partitions: how many, the fewest copies of one, how many are out of sync.

    Of the latter not every replica has what was written last.
    """

    partitions: int
    copies: int
    out_of_sync: int

    @staticmethod
    def of(partitions: Collection[kafka.TopicPartitionInfo]) -> "Shape":
        """The shape of a topic that the cluster describes so."""
        return Shape(
            len(partitions),
            min((len(partition.replicas) for partition in partitions), default=0),
            sum(len(partition.isr) < len(partition.replicas) for partition in partitions),
        )


def shapes_of(admin: kafka.AdminClient, catalog: Catalog, *, seconds: float) -> dict[str, Shape]:
    """The declared topics as they are now, in one request; those nobody knows are left out. Blocks.

    Asked by `describe_topics`: no broker takes that for a wish to have the topic.

    Raises:
        KafkaException: the cluster does not answer.
    """
    shapes = {}
    names = [topic.name for topic in catalog.topics.values()]
    answers = admin.describe_topics(kafka.TopicCollection(names), request_timeout=seconds)
    for name, future in answers.items():
        try:
            partitions = future.result().partitions
        except kafka.KafkaException as error:
            if error.args[0].code() != kafka.KafkaError.UNKNOWN_TOPIC_OR_PART:
                raise
        else:
            shapes[name] = Shape.of(partitions)
    return shapes
