"""What waits for a dependency, or for a stage to be mended, can be cancelled meanwhile."""

import pytest
from support.stages.commander import AWAY, Commander
from support.stages.stage_rig import FakeCluster, InProcessStage, jobs

from headway.base.errors import StoreUnavailable
from headway.declared.dependency import Dependency

_STORE = Dependency(
    "object store", (StoreUnavailable,), failures=1, open_seconds=60, longest_open_seconds=60
)


def _waiting(cluster: FakeCluster, name: str, why: str) -> InProcessStage:
    """A stage in which two jobs wait, and no handler is called any more."""
    stage = cluster.stage(
        name, dependencies=(_STORE,), concurrency=2, failure_limit_run=1, retry_tries=0
    ).start()
    stage.script.fail_all(AWAY if why == "breaker" else ZeroDivisionError("a bug"))
    cluster.give(name, *jobs(4))
    stage.turn_until(lambda: not stage.health.ready and stage.flow.shown)
    stage.turn_until(lambda: any(told.get("waiting") == 2 for told in _standings(stage)))
    return stage


def _standings(stage: InProcessStage) -> list[dict[str, object]]:
    notes = stage.health.notes
    return [*notes["breakers"].values(), *notes["failure_limit"].values()]


@pytest.mark.parametrize("why", ["breaker", "failure limit"])
def test_a_job_that_waits_is_cancelled_at_once(cluster: FakeCluster, name: str, why: str) -> None:
    """The commands are read, although nothing else is; the handler hears nothing of it."""
    # Given a stage in which jobs wait
    stage = _waiting(cluster, name, why)
    called = stage.script.calls.copy()

    # When all of them are cancelled
    commands = Commander(cluster)
    for job_id in jobs(4):
        commands.cancel(job_id)

    # Then those that waited are, the stage waits still, and no handler was called
    stage.turn_until(
        lambda: list(cluster.statuses().values()).count("CANCELLED") >= 2, cluster.statuses
    )
    assert not stage.health.ready
    assert stage.script.calls == called
