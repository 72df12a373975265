"""Two instances of a stage share its partitions; one comes and goes in the middle of the work."""

from collections import Counter
from collections.abc import Callable, Iterable

import pytest
from support.kafka.cluster import Cluster
from support.processes import Service
from support.waiting import wait_until

pytestmark = [pytest.mark.broker, pytest.mark.e2e]

_WAVE = 400
_TITLE = "sleep:0.02"


@pytest.mark.parametrize("stage", ["p1", "p2"])
def test_every_job_is_done_once_while_instances_come_and_go(
    cluster: Cluster, start: Callable[..., Service], stage: str
) -> None:
    """A join, a SIGKILL and a drain in mid-work: one output a job, every newest state done."""
    # Given one instance at work on many jobs
    done = cluster.pipeline.stage(stage).done.name
    cluster.give(stage, _wave(1), title=_TITLE)
    first = start(f"support.stages.scripted_stage {stage}", "first")
    cluster.wait_for_outputs(stage, _WAVE // 4)

    # When a second joins and does its part
    second = start(f"support.stages.scripted_stage {stage}", "second")
    second.wait_for_event("partitions.assigned")
    cluster.give(stage, _wave(2), title=_TITLE)
    _wait_for_work(stage, first, second)

    # And the first is killed with work before it, and a third joins and does its part
    cluster.give(stage, _wave(3), title=_TITLE)
    first.kill()
    third = start(f"support.stages.scripted_stage {stage}", "third")
    third.wait_for_event("partitions.assigned")
    cluster.give(stage, _wave(4), title=_TITLE)
    _wait_for_work(stage, second, third)

    # And the second drains with work before it
    cluster.give(stage, _wave(5), title=_TITLE)
    assert second.stop() == 0

    # Then every job is done, once
    everything = [job_id for number in range(1, 6) for job_id in _wave(number)]
    states = cluster.wait_for_states(everything, done)
    assert len(states) == len(everything)
    assert cluster.outputs(stage) == Counter(everything)
    assert third.stop() == 0


def _wave(number: int) -> list[str]:
    return [f"job-{number}-{index}" for index in range(_WAVE)]


def _wait_for_work(stage: str, *services: Service) -> None:
    """Wait until each of them has done a part of the work of all."""
    line = f'headway_records_total{{outcome="done",stage="{stage}"}}'

    def counts() -> Iterable[float]:
        return [service.metric(line) for service in services]

    wait_until(lambda: min(counts()) >= _WAVE // 8, counts)
