"""A batch that no client can inflate, before the real process on a real broker."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.kafka.cluster import Cluster
from support.kafka.writing import sure_producer
from support.status.records import Records
from support.status.service import StatusService
from support.waiting import DEADLINE_SECONDS, wait_until

from localkafka import RunningBroker

pytestmark = pytest.mark.broker

#: The client's bound, far below its default so that a test needs little memory: 5 MB are too much.
_BOUND = "fetch.max.bytes=2000000;receive.message.max.bytes=3000000"


@pytest.fixture
def cluster(broker: RunningBroker) -> Cluster:
    return Cluster(broker.bootstrap_servers)


@pytest.fixture
def service(cluster: Cluster, tmp_path: Path) -> Iterator[StatusService]:
    """A replica with that bound."""
    service = StatusService(cluster.environment(kafka_client_options=_BOUND), tmp_path)
    service.start()
    yield service
    service.process.close()


def test_a_batch_that_cannot_be_inflated_is_passed_over_and_counted(
    service: StatusService, cluster: Cluster, records: Records
) -> None:
    """One record stops nobody's reading: what stands around it is told."""
    # Given a submission, a batch of two that inflates to 5 MB, and a submission
    topic = cluster.catalog["jobs.submitted"].name
    before, behind = (records.submission(name) for name in ("before", "behind"))
    _write(cluster, topic, [(b"before", before)])
    _write(cluster, topic, [(b"in", records.submission("in")), (b"large", bytes(5_000_000))])
    _write(cluster, topic, [(b"behind", behind)])

    # When both are told, then what was passed over is said once
    for name in ("before", "behind"):
        wait_until(lambda name=name: service.get(f"/jobs/{name}").is_success)  # type: ignore[misc]  # bound at once
    (passed,) = service.process.events("batch.unreadable")
    assert (passed["topic"], passed["first"], passed["last"]) == (topic, 1, 2)

    # And a restart goes on behind it
    service.process.stop()
    service.start()
    assert service.get("/jobs/behind").is_success
    assert service.process.events("batch.unreadable") == []


def _write(cluster: Cluster, topic: str, batch: list[tuple[bytes, bytes]]) -> None:
    """Write *batch* to one partition in one piece."""
    producer = sure_producer(
        cluster.options,
        compression_type="zstd",
        message_max_bytes=1_000_000_000,
        batch_size=1_000_000_000,
        linger_ms=1000,
    )
    for key, value in batch:
        producer.produce(topic, key=key, value=value, partition=3)
    assert producer.flush(DEADLINE_SECONDS) == 0
