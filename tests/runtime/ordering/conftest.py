"""What tests of the order share: a stage that keeps it, and what each order key has come to."""

from collections.abc import Callable
from typing import Any

import pytest
from support.stages.commander import Commander
from support.stages.stage_rig import FakeCluster, InProcessStage

Started = Callable[..., InProcessStage]


@pytest.fixture
def started(cluster: FakeCluster, name: str) -> Started:
    """Starts an instance of the stage whose ordering is `key`."""

    def start(instance: str = "a", **settings: Any) -> InProcessStage:
        told = {"ordering": "key", "retry_tries": 3, "retry_delays": "0.2,0.2,0.2", **settings}
        return cluster.stage(name, instance, **told).start()

    return start


@pytest.fixture
def commands(cluster: FakeCluster) -> Commander:
    return Commander(cluster)
