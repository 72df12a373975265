"""What the status service says of a transaction that nobody ends."""

from pathlib import Path
from typing import Any

import pytest
from support.kafka.cluster import Cluster
from support.status.service import StatusService
from support.waiting import wait_until

from headway.edges import kafka
from localkafka import RunningBroker

pytestmark = pytest.mark.broker


def test_a_hanging_transaction_is_told_and_makes_nobody_unready(
    broker: RunningBroker, tmp_path: Path
) -> None:
    """Readers wait behind it; no restart and no other replica would help, so it stays ready."""
    # Given a dead-letter partition with a transaction that nobody ends
    cluster = Cluster(broker.bootstrap_servers)
    topic = cluster.catalog["p2.dlq"].name
    producer = kafka.producer(
        cluster.options,
        transactional_id=f"{cluster.prefix}left",
        transaction_timeout_ms=600_000,
    )
    producer.init_transactions(60)
    producer.begin_transaction()
    producer.produce(topic, b"half done", b"key", partition=3)
    producer.flush(60)

    # When status has watched it for longer than a transaction may last
    environment = cluster.environment(unstable_after_seconds=1)
    service = StatusService(environment, tmp_path).start()
    try:
        body: dict[str, Any] = wait_until(lambda: _if_told(service))
        metrics = service.get("/metrics").text
    finally:
        service.process.close()
        producer.abort_transaction(60)

    # Then it says where, in its health and in its metrics, and is ready
    assert body == {
        "ok": True,
        "reason": "caught up",
        "hanging_transactions": {f"{topic}[3]": 1},
    }
    assert f'headway_unstable_records{{partition="3",topic="{topic}"}} 1.0' in metrics


def _if_told(service: StatusService) -> dict[str, Any]:
    body: dict[str, Any] = service.get("/readyz").json()
    return body if "hanging_transactions" in body else {}
