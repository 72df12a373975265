"""A deployment of its own on the broker of the tests, with jobs that failed in it."""

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from confluent_kafka import murmur2
from support.kafka.messages import message, partition, submission, task
from support.kafka.writing import shared_producer
from support.waiting import DEADLINE_SECONDS

from headway.base.errors import TransientError
from headway.declared.catalog import Catalog
from headway.declared.pipeline import Pipeline
from headway.edges import kafka
from headway.edges.admin import watermarks
from headway.outcomes.deadletter import Claim
from headway.outcomes.failed import Failed
from headway.topics.provisioning import ensure_topics
from headway.wire.codec import Codec
from headway.wire.commands import CommandRecords
from headway.wire.envelope import step_of
from headway.wire.records import StageRecords
from headway.wire.route import Origin, Record, Route

FAILED_AT = 1_764_000_100_000
_PARTITIONS = 2


class Place(NamedTuple):
    """Where a record lies."""

    topic: str
    partition: int
    offset: int

    @property
    def words(self) -> list[str]:
        return [str(part) for part in self]


class Deployment:
    """Topics under a prefix of their own, written to as stages and gateway do."""

    def __init__(self, bootstrap_servers: str) -> None:
        self.prefix = f"desk-{uuid.uuid4().hex[:8]}."
        self.options: kafka.Options = {"bootstrap.servers": bootstrap_servers}
        self.environment = {
            "KAFKA_BOOTSTRAP_SERVERS": bootstrap_servers,
            "TOPIC_PREFIX": self.prefix,
            "PARTITIONS": str(_PARTITIONS),
        }
        self.codec, self._pipeline = Codec(), Pipeline.load()
        self._producer = shared_producer(bootstrap_servers)
        self._catalog = _catalog(self.prefix)
        ensure_topics(self.options, self._catalog)

    def provision(self) -> None:
        """Make the topics again that are not there."""
        ensure_topics(self.options, self._catalog)

    def close(self) -> None:
        admin = kafka.admin_client(self.options)
        names = [topic.name for topic in self._catalog.topics.values()]
        for deleted in admin.delete_topics(names).values():
            deleted.result()

    def fail(
        self,
        job_id: str,
        *,
        value: bytes | None = None,
        error: BaseException | None = None,
        attempt: int = 1,
        at: int = FAILED_AT + 60_000,
        claims: tuple[Claim, ...] = (),
    ) -> Place:
        """Let p1 have given *job_id* up: its letter, and FAILED, which names it."""
        route = self._route()
        index = murmur2(job_id.encode(), _PARTITIONS)
        source = message(
            submission(job_id) if value is None else value,
            key=job_id.encode(),
            topic=f"{self.prefix}jobs.submitted",
            partition=index,
        )
        envelope, _ = route.records.open(source) if value is None else ({}, None)
        envelope = envelope or route.records.fallback(source) or {}
        envelope = {**envelope, "attempt": attempt}
        step = step_of("FAILED", attempt, at)
        given_up = Failed.of(
            error or TransientError("the store is away"),
            envelope={**envelope, "timeline": [*envelope["timeline"], step]},
            at=at,
            claims=claims,
        )
        taken = task(partition(index), received=source)
        (letter,) = given_up.leading(taken, route)
        place = self._write(letter)
        for record in given_up.records(taken, route, (place.offset,)):
            self._write(record)
        return place

    def begin(self, job_id: str, *, attempt: int) -> None:
        """Let *job_id* run in p1, for that attempt."""
        route, index = self._route(), murmur2(job_id.encode(), _PARTITIONS)
        source = message(submission(job_id), key=job_id.encode(), partition=index)
        envelope, _ = route.records.open(source)
        state = route.records.states.running({**envelope, "attempt": attempt}, FAILED_AT + 1)
        self._write(Record(route.state, index, job_id.encode(), state))

    def tell(self, topic: str, partition: int, key: str, value: bytes) -> int:
        """Any record of a topic by its logical name; its offset."""
        name = self._catalog[topic].name
        return self._write(Record(name, partition, key.encode(), value)).offset

    def commands(self) -> list[Mapping[str, Any]]:
        """All commands so far; with the partition of each."""
        return self.all("job-commands", "job-command", "job_id")

    def all(self, topic: str, record: str, key: str) -> list[Mapping[str, Any]]:
        """All that a topic has, with the partition of each; *key* is the field that keys it."""
        topic = self._catalog[topic].name
        consumer = kafka.consumer(self.options)
        found: list[Mapping[str, Any]] = []
        for index in range(_PARTITIONS):
            place = kafka.TopicPartition(topic, index, 0)
            _, end = watermarks(consumer, place)
            consumer.assign([place])
            for _ in range(end):
                polled = consumer.poll(DEADLINE_SECONDS)
                assert polled is not None
                assert polled.error() is None
                said = self.codec.decode(polled.value(), record)
                assert polled.key() == said[key].encode()
                found.append({**said, "partition": index})
        consumer.close()
        return found

    def _route(self) -> Route:
        stage = self._pipeline.stage("p1")
        return Route(
            sink=self._catalog[stage.sink].name,
            state=self._catalog[self._pipeline.state].name,
            dead_letters=self._catalog[stage.dead_letters].name,
            tiers=(),
            held="",
            results=self._catalog[self._pipeline.results].name,
            origin=Origin("p1", f"{self.prefix}p1"),
            records=StageRecords(self.codec, self._pipeline, self._catalog, stage),
            commands=CommandRecords(self.codec),
        )

    def _write(self, record: Record) -> Place:
        written: list[kafka.Message] = []

        def delivered(error: kafka.KafkaError | None, one: kafka.Message) -> None:
            assert error is None
            written.append(one)

        topic, index, key, value, headers = record
        self._producer.produce(
            topic, value, key, index, headers=headers or [], on_delivery=delivered
        )
        assert self._producer.flush(DEADLINE_SECONDS) == 0
        return Place(topic, index, written[0].offset() or 0)


class Said(NamedTuple):
    """What a command said, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> Sequence[dict[str, Any]]:
        """An answer in JSON, a value a line."""
        return [json.loads(line) for line in self.out.splitlines()]


def _catalog(prefix: str) -> Catalog:
    class Small:
        topic_prefix = prefix
        partitions = _PARTITIONS
        replication_factor = 0
        min_insync_replicas = 0

    return Catalog.of(Small())
