"""A tombstone as job-state declares it, under real compaction."""

import itertools

import pytest
from support.kafka.writing import sure_producer
from support.waiting import wait_until

from headway.declared.catalog import Catalog
from headway.edges import kafka
from headway.edges.messages import is_end_of_partition

pytestmark = pytest.mark.broker

#: What makes a broker compact within seconds what it else would within hours.
_AT_ONCE = {"segment.ms": "200", "min.cleanable.dirty.ratio": "0.01"}


def test_a_tombstone_outlives_compaction_as_declared(options: kafka.Options, prefix: str) -> None:
    """As long as the submission is kept, a table that is rebuilt finds that its job was deleted."""
    # Given two compacted topics, one with the declared options and one that keeps no tombstones
    declared = Catalog.load()["job-state"].config
    kept, control = f"{prefix}declared", f"{prefix}control"
    _create(options, kept, {**declared, **_AT_ONCE})
    _create(options, control, {**declared, **_AT_ONCE, "delete.retention.ms": "1"})

    # When a job is deleted in both, and both are compacted until the control has forgotten it
    producer = sure_producer(options)
    for topic in (kept, control):
        producer.produce(topic, b"state", b"job")
        producer.produce(topic, None, b"job")
    round_ = itertools.count()

    def forgotten() -> bool:
        for topic in (kept, control):
            producer.produce(topic, b"%d" % next(round_), b"filler")
        producer.flush(60)
        return b"job" not in _records(options, control)

    wait_until(forgotten)

    # Then the declared one has dropped the state and kept the tombstone
    wait_until(lambda: forgotten() and _records(options, kept)[b"job"] == [None])


def _create(options: kafka.Options, topic: str, config: dict[str, str]) -> None:
    admin = kafka.admin_client(options)
    new = kafka.NewTopic(
        topic, num_partitions=1, replication_factor=1, config={"cleanup.policy": "compact"} | config
    )
    admin.create_topics([new])[topic].result()


def _records(options: kafka.Options, topic: str) -> dict[bytes, list[bytes | None]]:
    """Every value that is left, by key."""
    consumer = kafka.consumer(options, enable_partition_eof=True)
    consumer.assign([kafka.TopicPartition(topic, 0, 0)])
    found: dict[bytes, list[bytes | None]] = {}
    try:
        while True:
            for message in consumer.consume(1000, timeout=1):
                if is_end_of_partition(message):
                    return found
                found.setdefault(bytes(message.key() or b""), []).append(message.value())
    finally:
        consumer.close()
