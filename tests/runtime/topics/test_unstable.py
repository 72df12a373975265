"""A transaction that nobody ends is seen on a real broker, and so is its end."""

import subprocess
import sys
from collections.abc import Mapping

import pytest
from prometheus_client import REGISTRY
from support.waiting import wait_until

from headway.declared.catalog import Catalog
from headway.edges import kafka
from headway.topics.provisioning import ensure_topics
from headway.topics.unstable import UnstableWatch

pytestmark = pytest.mark.broker

#: Begins a transaction of ten minutes, writes three records into partition 4, and waits.
_PRODUCER = """
import sys, time
from headway.edges import kafka
producer = kafka.producer(
    {"bootstrap.servers": sys.argv[1]},
    transactional_id=sys.argv[3], transaction_timeout_ms=600_000,
)
producer.init_transactions(60)
producer.begin_transaction()
for _ in range(3):
    producer.produce(sys.argv[2], b"half done", b"key", partition=4)
producer.flush(60)
print("written", flush=True)
time.sleep(600)
"""


def test_a_transaction_left_by_a_killed_producer_is_seen_until_it_ends(
    options: kafka.Options, prefix: str
) -> None:
    """The gauge counts what is hidden, by topic and partition, and goes when it is over."""
    # Given the topics, and a producer killed in the middle of a transaction
    catalog = Catalog.load(prefix)
    ensure_topics(options, catalog)
    topic = catalog["p1.dlq"].name
    _leave_open(str(options["bootstrap.servers"]), topic, f"{prefix}p1-a")
    told: list[Mapping[str, int]] = []
    watch = UnstableWatch(
        options=options, catalog=catalog, after_seconds=0.5, every_seconds=0.1, tell=told.append
    )

    # When it is watched
    with watch:
        wait_until(lambda: _gauge(topic, 4) == 3)

        # Then it is told by name, and of no other partition
        assert told == [{f"{topic}[4]": 3}]
        assert [_gauge(topic, p) for p in range(6) if p != 4] == [None] * 5

        # And when it is ended, as the restart of an instance does it, there is nothing to tell
        kafka.producer(options, transactional_id=f"{prefix}p1-a").init_transactions(60)
        wait_until(lambda: _gauge(topic, 4) is None)
        # A look may lie between the marker that ends it and the offset that moves by it.
        assert told[-1] == {}
        assert {place for each in told for place in each} == {f"{topic}[4]"}


def _leave_open(servers: str, topic: str, transactional_id: str) -> None:
    command = [sys.executable, "-c", _PRODUCER, servers, topic, transactional_id]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "written\n"
        process.kill()


def _gauge(topic: str, partition: int) -> float | None:
    labels = {"topic": topic, "partition": str(partition)}
    return REGISTRY.get_sample_value("headway_unstable_records", labels)
