"""The real process on a real broker."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.kafka.cluster import Cluster
from support.status.service import StatusService, Writer

from localkafka import RunningBroker


@pytest.fixture
def cluster(broker: RunningBroker) -> Cluster:
    return Cluster(broker.bootstrap_servers)


@pytest.fixture
def writer(cluster: Cluster) -> Writer:
    return Writer(cluster)


@pytest.fixture
def service(cluster: Cluster, tmp_path: Path) -> Iterator[StatusService]:
    """A replica that has caught up with the topics of this test."""
    service = StatusService(cluster.environment(), tmp_path)
    service.start()
    yield service
    service.process.close()
