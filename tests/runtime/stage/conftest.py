"""A namespace on the broker and scripted stages as real processes."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.kafka.cluster import Cluster
from support.processes import LATER_TRIES, Service

from localkafka import RunningBroker

StageStarter = Callable[..., Service]


@pytest.fixture(scope="module")
def cluster(broker: RunningBroker) -> Cluster:
    return Cluster(broker.bootstrap_servers)


@pytest.fixture(scope="module")
def start_stage(start_on: Callable[[Cluster], StageStarter], cluster: Cluster) -> StageStarter:
    """Start a scripted stage process under an instance name of its own."""
    return start_on(cluster)


@pytest.fixture(scope="module")
def start_on(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[[Cluster], StageStarter]]:
    """The same on any cluster."""
    started: list[Service] = []

    def on(cluster: Cluster) -> StageStarter:
        folder: Path = tmp_path_factory.mktemp("stages")

        def start(stage: str = "p1", instance: str = "a", **settings: object) -> Service:
            environment = cluster.environment(
                instance_id=instance,
                **{
                    "object_store_url": "memory://",
                    "session_timeout_ms": 3000,
                    "transaction_timeout_ms": 3000,
                    **LATER_TRIES,
                    **settings,
                },
            )
            service = Service(
                f"support.stages.scripted_stage {stage}",
                environment=environment,
                log=folder / f"{stage}-{instance}.log",
            )
            started.append(service.start())
            return service

        return start

    yield on
    for service in started:
        service.close()
