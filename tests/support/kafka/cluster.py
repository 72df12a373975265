"""A namespace of its own on the test broker: declared topics under a fresh prefix."""

import time
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.kafka.payloads import given
from support.kafka.writing import shared_producer
from support.waiting import DEADLINE_SECONDS, wait_until

from headway.declared.catalog import Catalog
from headway.declared.pipeline import Pipeline
from headway.edges import kafka
from headway.edges.messages import headers_of, is_end_of_partition
from headway.topics.provisioning import ensure_topics
from headway.wire.codec import Codec, split_version


@dataclass(frozen=True, slots=True)
class Record:
    """One record as a read_committed consumer got it."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: dict[str, bytes]


class Cluster:
    """Writes to and reads from the declared topics of one test."""

    def __init__(self, bootstrap_servers: str, schemas: Path | None = None) -> None:
        """*schemas*: declarations whose topics are configured otherwise than ours."""
        self.bootstrap_servers = bootstrap_servers
        self.prefix = f"t{uuid.uuid4().hex[:8]}."
        self.catalog = Catalog.load(self.prefix, schemas)
        self.codec = Codec()
        self.pipeline = Pipeline.load()
        self.options: kafka.Options = {"bootstrap.servers": bootstrap_servers}
        ensure_topics(self.options, self.catalog)
        self._producer = shared_producer(bootstrap_servers)
        self._refused: list[str] = []

    def remove(self) -> None:
        """Delete the topics: a broker with tens of thousands of partitions first slows, then dies.

        Returns when the broker has been asked; files and what it keeps of them go soon after.
        """
        admin = kafka.admin_client(self.options)
        names = [topic.name for topic in self.catalog.topics.values()]
        for deleted in admin.delete_topics(names).values():
            error = deleted.exception(timeout=DEADLINE_SECONDS)
            gone = isinstance(error, kafka.KafkaException) and (
                error.args[0].code() == kafka.KafkaError.UNKNOWN_TOPIC_OR_PART
            )
            assert error is None or gone, error

    def environment(self, **more: object) -> dict[str, str]:
        """Settings of a service in this namespace."""
        fixed = {
            "KAFKA_BOOTSTRAP_SERVERS": self.bootstrap_servers,
            "TOPIC_PREFIX": self.prefix,
            "HTTP_HOST": "127.0.0.1",
            "HTTP_PORT": "0",
        }
        return fixed | {name.upper(): str(value) for name, value in more.items()}

    def produce(
        self, topic: str, *, key: bytes | None, value: bytes | None, partition: int = -1
    ) -> None:
        """Queue one record for *topic* (logical name); `flush` waits for the broker."""
        while True:
            try:
                self._producer.produce(
                    self.catalog[topic].name,
                    value=value,
                    key=key,
                    partition=partition,
                    on_delivery=self._delivered,
                )
            except BufferError:
                self._producer.poll(0.1)
            else:
                return

    def submission(self, job_id: str, *, title: str = "data.csv", content: bytes = b"") -> bytes:
        """The bytes of a job-submitted record with its data inline."""
        return self.codec.encode(
            "job-submitted",
            {
                "job_id": job_id,
                "title": title,
                "delimiter": None,
                "source": {"content": content or b"a,b\n1,2\n3,4\n"},
            },
        )

    def submit(
        self, job_ids: Iterable[str], *, title: str = "data.csv", content: bytes = b""
    ) -> None:
        """Write a submission for each of *job_ids* and wait for the broker."""
        for job_id in job_ids:
            value = self.submission(job_id, title=title, content=content)
            self.produce("jobs.submitted", key=job_id.encode(), value=value)
        self.flush()

    def give(
        self, stage: str, job_ids: Iterable[str], *, title: str = "ok", partition: int = -1
    ) -> None:
        """Write a record of what *stage* reads for each of *job_ids*; waits for the broker."""
        for job_id in job_ids:
            value = given(stage, job_id, title=title, submitted_offset=0)
            source = self.pipeline.stage(stage).source
            self.produce(source, key=job_id.encode(), value=value, partition=partition)
        self.flush()

    def outputs(self, stage: str) -> Counter[str]:
        """How many outputs of *stage* each job has."""
        sink = self.pipeline.stage(stage).sink
        return Counter((record.key or b"").decode() for record in self.read(sink))

    def wait_for_outputs(self, stage: str, count: int) -> None:
        """Wait until *stage* has written so many."""
        wait_until(lambda: self.outputs(stage).total() >= count, lambda: self.outputs(stage))

    def flush(self) -> None:
        assert self._producer.flush(DEADLINE_SECONDS) == 0, "the broker did not take every record"
        refused, self._refused = self._refused, []
        assert refused == [], "the broker refused records"

    def _delivered(self, error: object, message: kafka.Message) -> None:
        if error is not None or message.offset() is None:
            self._refused.append(f"{message.key()!r}: {error or 'no offset'}")

    def read(self, topic: str, *, isolation: str = "read_committed") -> list[Record]:
        """Every record of *topic* (logical name) that is visible now, partition by partition."""
        return list(self._read(topic, isolation))

    def decoded(self, topic: str) -> list[dict[str, Any]]:
        """The same, decoded."""
        record = split_version(self.catalog[topic].value)[0]
        return [self.codec.decode(item.value, record) for item in self.read(topic)]

    def newest_states(self) -> dict[str, dict[str, Any]]:
        """The newest record of every job in job-state, as compaction would leave it."""
        return {state["job_id"]: state for state in self.decoded("job-state")}

    def wait_for_states(
        self, job_ids: Iterable[str], status: str, *, seconds: float = DEADLINE_SECONDS
    ) -> dict[str, dict[str, Any]]:
        """Wait until every one of *job_ids* is in *status*; their states."""
        wanted = set(job_ids)
        states: dict[str, dict[str, Any]] = {}

        def reached() -> bool:
            states.update(self.newest_states())
            return all(states.get(job_id, {}).get("status") == status for job_id in wanted)

        def told() -> object:
            return status, {job_id: states.get(job_id, {}).get("status") for job_id in wanted}

        wait_until(reached, told, seconds=seconds)
        return states

    def committed(self, stage: str) -> dict[int, kafka.TopicPartition]:
        """What the group of *stage* has committed, by partition of its source."""
        with self._group(stage) as (consumer, places):
            return {
                place.partition: place
                for place in consumer.committed(places, timeout=DEADLINE_SECONDS)
            }

    def rewind(self, stage: str) -> None:
        """Move the group of *stage*, which must have no member, to the beginning."""
        with self._group(stage) as (consumer, places):
            for place in places:
                place.offset = 0
            consumer.commit(offsets=places, asynchronous=False)

    @contextmanager
    def _group(self, stage: str) -> Iterator[tuple[kafka.Consumer, list[kafka.TopicPartition]]]:
        topic = self.catalog[self.pipeline.stage(stage).source]
        consumer = kafka.consumer(self.options, group_id=self.prefix + stage)
        try:
            yield consumer, [kafka.TopicPartition(topic.name, i) for i in range(topic.partitions)]
        finally:
            consumer.close()

    def _read(self, topic: str, isolation: str) -> Iterator[Record]:
        declared = self.catalog[topic]
        consumer = kafka.consumer(
            # The end of a partition is told by an empty fetch, which a broker holds so long.
            self.options | {"fetch.wait.max.ms": 10},
            isolation_level=isolation,
            enable_partition_eof=True,
        )
        open_partitions = set(range(declared.partitions))
        deadline = time.monotonic() + DEADLINE_SECONDS
        try:
            consumer.assign([kafka.TopicPartition(declared.name, i, 0) for i in open_partitions])
            while open_partitions:
                assert time.monotonic() < deadline, f"{topic} could not be read to its end"
                # Asked for many, the client waits for all of them or its time; one comes at once.
                first = consumer.poll(0.2)
                batch = [] if first is None else [first, *consumer.consume(5000, timeout=0)]
                for message in batch:
                    if is_end_of_partition(message):
                        open_partitions.discard(_known(message.partition()))
                    else:
                        assert message.error() is None, message.error()
                        yield _record(message)
        finally:
            consumer.close()


def _record(message: kafka.Message) -> Record:
    headers = dict(headers_of(message))
    return Record(
        _known(message.partition()),
        _known(message.offset()),
        message.key(),
        message.value(),
        {name: value for name, value in headers.items() if isinstance(value, bytes)},
    )


def _known(number: int | None) -> int:
    assert number is not None
    return number
