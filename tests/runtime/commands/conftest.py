"""What tests of commands share: who gives them, and a stage in which a job has failed."""

from collections.abc import Callable
from typing import Any

import pytest
from support.stages.commander import AWAY, Commander
from support.stages.stage_rig import FakeCluster, InProcessStage


@pytest.fixture
def commands(cluster: FakeCluster) -> Commander:
    return Commander(cluster)


@pytest.fixture
def failing(cluster: FakeCluster) -> Callable[..., InProcessStage]:
    """A stage in which a job has failed."""

    def fail(name: str, job_id: str = "job", instance: str = "a", **more: Any) -> InProcessStage:
        stage = cluster.stage(name, instance, retry_delays="0.05,0.1,0.15", **more).start()
        stage.script.fail(job_id, AWAY)
        cluster.give(name, job_id)
        stage.turn_until(lambda: cluster.statuses().get(job_id) == "FAILED", cluster.statuses)
        return stage

    return fail
