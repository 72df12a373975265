"""Batches that no client can inflate, in a real stage process on a real broker."""

from collections.abc import Callable

import pytest
from support.kafka.cluster import Cluster, Record
from support.kafka.writing import sure_producer
from support.processes import Service
from support.waiting import DEADLINE_SECONDS, wait_until

from headway.edges import kafka
from headway.edges.batchend import end_of_batch

pytestmark = pytest.mark.broker

#: The client's bound, far below its default so that a test needs little memory: 5 MB are too much.
_BOUND = {"fetch.max.bytes": 2_000_000, "receive.message.max.bytes": 3_000_000}
_ZEROS = bytes(5_000_000)

Write = Callable[..., list[int]]


@pytest.fixture(scope="module", autouse=True)
def stage(start_stage: Callable[..., Service]) -> Service:
    """One p1 with that bound, which meets every record of this module."""
    options = ";".join(f"{name}={value}" for name, value in _BOUND.items())
    return start_stage("p1", kafka_client_options=options)


@pytest.fixture
def write(cluster: Cluster) -> Write:
    """Writes records as one batch of zstd; their offsets."""
    producer = sure_producer(
        cluster.options,
        compression_type="zstd",
        message_max_bytes=1_000_000_000,
        batch_size=1_000_000_000,
        linger_ms=1000,
    )

    def write(partition: int, *records: tuple[bytes, bytes]) -> list[int]:
        offsets: list[int] = []

        def delivered(error: kafka.KafkaError | None, message: kafka.Message) -> None:
            assert error is None, error
            offsets.append(message.offset() or 0)

        for key, value in records:
            producer.produce(
                cluster.catalog["jobs.submitted"].name,
                key=key,
                value=value,
                partition=partition,
                on_delivery=delivered,
            )
        assert producer.flush(DEADLINE_SECONDS) == 0
        return offsets

    return write


@pytest.mark.parametrize(("partition", "count"), [(0, 1), (1, 2), (2, 7), (3, 300)])
def test_a_batch_that_cannot_be_inflated_is_passed_over_and_told(
    cluster: Cluster, write: Write, stage: Service, partition: int, count: int
) -> None:
    """The job before it and the job behind it are done; one dead letter says what is between."""
    # Given a good job, a batch of which the last record is too large, and a good job
    names = (f"before-{count}", f"behind-{count}")
    before, behind = [(name.encode(), cluster.submission(name, title="ok")) for name in names]
    write(partition, before)
    small = (b"small", cluster.submission("small", title="ok"))
    offsets = write(partition, *[small] * (count - 1), (b"large", _ZEROS))
    write(partition, behind)

    # When both are done, in the same process
    cluster.wait_for_states(names, "PROCESS_1_DONE", seconds=DEADLINE_SECONDS)
    assert stage.process.poll() is None

    # Then there is one letter, which says where the records are
    (letter,) = _letters(cluster, partition)
    assert letter.headers["headway.offset"] == str(offsets[0]).encode()
    words = f"the records {offsets[0]} to {offsets[-1]} of "
    assert words in letter.headers["headway.error.message"].decode()
    assert (letter.key, letter.value) == (None, None)
    assert "small" not in cluster.newest_states()


def test_a_batch_at_the_end_of_a_partition_is_passed_over_once(
    cluster: Cluster, write: Write, stage: Service
) -> None:
    """What is committed lies behind it: a restart does not meet it again."""
    # Given a batch that cannot be inflated, and nothing behind it
    (offset,) = write(5, (b"large", _ZEROS))

    # When it is told
    wait_until(lambda: _letters(cluster, 5))

    # Then the group goes on behind it, also in the next process
    wait_until(lambda: cluster.committed("p1")[5].offset == offset + 1)
    assert stage.stop() == 0
    stage.start()
    write(5, (b"after-restart", cluster.submission("after-restart", title="ok")))
    cluster.wait_for_states(["after-restart"], "PROCESS_1_DONE", seconds=DEADLINE_SECONDS)
    assert len(_letters(cluster, 5)) == 1


def test_the_end_of_a_batch_is_found_before_a_batch_like_it(cluster: Cluster, write: Write) -> None:
    """Two such batches in a row are two, and the last ends where the partition does."""
    # Given two batches that cannot be inflated, one behind the other
    options = {**cluster.options, **_BOUND}
    topic = cluster.catalog["jobs.submitted"].name
    first = write(4, *[(b"a", b"1")] * 4, (b"large", _ZEROS))
    second = write(4, *[(b"b", b"2")] * 2, (b"large", _ZEROS))

    # When their ends are looked for, then each is found
    assert end_of_batch(options, (topic, 4), first[0]) == second[0]
    assert end_of_batch(options, (topic, 4), second[0]) == second[-1] + 1

    # And the stage passes over both
    wait_until(lambda: len(_letters(cluster, 4)) == 2)


def _letters(cluster: Cluster, partition: int) -> list[Record]:
    return [letter for letter in cluster.read("p1.dlq") if letter.partition == partition]
