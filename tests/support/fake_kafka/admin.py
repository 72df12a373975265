"""The client's admin over the broker in this process."""

from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from confluent_kafka import IsolationLevel
from support.fake_kafka import errors
from support.fake_kafka.log import PartitionLog

from headway.edges import kafka

if TYPE_CHECKING:
    from support.fake_kafka.broker import FakeBroker

_DEFAULTS = {
    "cleanup.policy": "delete",
    "retention.ms": "604800000",
    "retention.bytes": "-1",
    "max.message.bytes": "1048588",
    "min.insync.replicas": "1",
    "delete.retention.ms": "86400000",
    "message.timestamp.type": "CreateTime",
}


_LATEST, _EARLIEST = -1, -2


@dataclass(frozen=True, slots=True)
class Partition:
    """What `list_topics` says of a partition."""

    id: int
    leader: int = 1
    replicas: tuple[int, ...] = (1,)
    isrs: tuple[int, ...] = (1,)
    error: kafka.KafkaError | None = None

    @property
    def isr(self) -> tuple[int, ...]:
        """As `describe_topics` calls them."""
        return self.isrs


@dataclass(frozen=True, slots=True)
class Topic:
    """What `list_topics` says of a topic."""

    topic: str
    partitions: dict[int, Partition]
    error: kafka.KafkaError | None = None


@dataclass(frozen=True, slots=True)
class Metadata:
    """What `list_topics` answers."""

    topics: dict[str, Topic]
    brokers: dict[int, str] = field(default_factory=lambda: {1: "fake:9092"})
    cluster_id: str = "fake"
    controller_id: int = 1


@dataclass(frozen=True, slots=True)
class ConfigEntry:
    """What `describe_configs` says of a setting."""

    name: str
    value: str
    is_default: bool = False


@dataclass(frozen=True, slots=True)
class TopicDescription:
    """What `describe_topics` says of a topic."""

    name: str
    partitions: tuple[Partition, ...]


@dataclass(frozen=True, slots=True)
class ClusterDescription:
    """What `describe_cluster` says: one node."""

    nodes: tuple[int, ...] = (1,)
    cluster_id: str = "fake"


@dataclass(frozen=True, slots=True)
class GroupDescription:
    """What `describe_consumer_groups` says of a group."""

    members: tuple[object, ...]


class AnsweredPlace(kafka.TopicPartition):
    """A place in an answer, which may be an error; the client's own cannot be given one."""

    error: kafka.KafkaError | None = None


@dataclass(frozen=True, slots=True)
class OffsetInfo:
    """What `list_offsets` says of a partition."""

    offset: int


class FakeAdmin:
    """What the runtime calls of a `kafka.AdminClient`."""

    def __init__(self, broker: "FakeBroker") -> None:
        self._broker = broker

    def list_topics(self, topic: str | None = None, timeout: float = -1) -> Metadata:
        del timeout
        with self._broker.faults.around("admin.list_topics"), self._broker.changed:
            names = [topic] if topic else list(self._broker.topics)
            return Metadata({name: self._topic(name) for name in names})

    def create_topics(self, new_topics: list[kafka.NewTopic], **_: Any) -> dict[str, Future[None]]:
        return {topic.topic: self._create(topic) for topic in new_topics}

    def describe_configs(
        self, resources: list[kafka.ConfigResource], **_: Any
    ) -> dict[kafka.ConfigResource, Future[dict[str, ConfigEntry]]]:
        answers = {}
        for resource in resources:
            told = _DEFAULTS | self._broker.configs[resource.name]
            answers[resource] = _done({n: ConfigEntry(n, v) for n, v in told.items()})
        return answers

    def describe_topics(
        self, topics: kafka.TopicCollection, **_: Any
    ) -> dict[str, Future[TopicDescription]]:
        return {name: self._described(name) for name in topics.topic_names}

    def describe_cluster(self, **_: Any) -> Future[ClusterDescription]:
        return _done(ClusterDescription())

    def incremental_alter_configs(
        self, resources: list[kafka.ConfigResource], **_: Any
    ) -> dict[kafka.ConfigResource, Future[None]]:
        for resource in resources:
            changes = {entry.name: str(entry.value) for entry in resource.incremental_configs}
            self._broker.configs[resource.name].update(changes)
        return {resource: _done(None) for resource in resources}

    def create_partitions(
        self, new_partitions: list[kafka.NewPartitions], **_: Any
    ) -> dict[str, Future[None]]:
        for wanted in new_partitions:
            self._broker.grow(wanted.topic, wanted.new_total_count)
        return {wanted.topic: _done(None) for wanted in new_partitions}

    def describe_consumer_groups(
        self, group_ids: list[str], **_: Any
    ) -> dict[str, Future[GroupDescription]]:
        found = {name: self._broker.groups[name].members for name in group_ids}
        return {name: _done(GroupDescription(tuple(members))) for name, members in found.items()}

    def _described(self, name: str) -> Future[TopicDescription]:
        if name in self._broker.topics:
            return _done(TopicDescription(name, tuple(self._topic(name).partitions.values())))
        return _failed(kafka.KafkaError.UNKNOWN_TOPIC_OR_PART)

    def list_offsets(
        self, topic_partition_offsets: dict[kafka.TopicPartition, Any], **options: Any
    ) -> dict[kafka.TopicPartition, Future[Any]]:
        """Offsets as `IsolationLevel` in *options* sees them."""
        committed_only = options.get("isolation_level") == IsolationLevel.READ_COMMITTED
        with self._broker.faults.around("admin.list_offsets"), self._broker.changed:
            return {
                place: _done(
                    OffsetInfo(
                        _offset_at(
                            self._broker.log((place.topic, place.partition)),
                            spec._value,
                            committed_only=committed_only,
                        )
                    )
                )
                for place, spec in topic_partition_offsets.items()
            }

    def delete_records(
        self, topic_partition_offsets: list[kafka.TopicPartition], **_: Any
    ) -> dict[kafka.TopicPartition, Future[None]]:
        with self._broker.faults.around("admin.delete_records"), self._broker.changed:
            for place in topic_partition_offsets:
                self._broker.log((place.topic, place.partition)).forget_below(place.offset)
        return {place: _done(None) for place in topic_partition_offsets}

    def _topic(self, name: str) -> Topic:
        if name not in self._broker.topics:
            missing = kafka.KafkaError(kafka.KafkaError.UNKNOWN_TOPIC_OR_PART)
            return Topic(name, {}, missing)
        count = len(self._broker.topics[name])
        return Topic(name, {index: Partition(index) for index in range(count)})

    def _create(self, topic: kafka.NewTopic) -> Future[None]:
        if topic.topic in self._broker.topics:
            return _failed(kafka.KafkaError.TOPIC_ALREADY_EXISTS)
        self._broker.create(topic.topic, partitions=topic.num_partitions)
        self._broker.configs[topic.topic] = dict(topic.config or {})
        return _done(None)


def _offset_at(log: PartitionLog, moment: int, *, committed_only: bool) -> int:
    """The offset of a moment (ms), -1 for the end or -2 for the beginning; -1: there is none."""
    if moment == _EARLIEST:
        return log.first
    if moment == _LATEST:
        return log.visible_end(committed_only=committed_only)
    return log.since(moment)


def _done(value: Any) -> Future[Any]:
    future: Future[Any] = Future()
    future.set_result(value)
    return future


def _failed(code: int) -> Future[Any]:
    future: Future[Any] = Future()
    future.set_exception(errors.plain(code))
    return future
