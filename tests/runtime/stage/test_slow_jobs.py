"""One slow job holds nobody back, is seen at work, and nothing around it is done twice."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from support.kafka.cluster import Cluster
from support.processes import Service
from support.waiting import wait_until

from headway.wire.metadata import decode
from localkafka import RunningBroker

pytestmark = pytest.mark.broker

_QUICK = [f"quick-{index}" for index in range(40)]


@pytest.fixture(scope="module", params=["p1", "p2"])
def stage(request: pytest.FixtureRequest) -> str:
    """Each stage, on topics of its own: what the first writes is what the second reads."""
    return str(request.param)


@pytest.fixture(scope="module")
def cluster(broker: RunningBroker, stage: str) -> Cluster:
    assert stage
    return Cluster(broker.bootstrap_servers)


def test_a_slow_job_holds_back_nothing_and_after_a_kill_only_it_runs_again(
    cluster: Cluster, start_stage: Callable[..., Service], tmp_path: Path, stage: str
) -> None:
    """Done offsets above the watermark survive a SIGKILL in the committed metadata."""
    # Given a slow job at the head of a partition with quick ones behind it
    declared = cluster.pipeline.stage(stage)
    gate = tmp_path / "go"
    cluster.give(stage, ["slow"], title=f"hold:{gate}", partition=1)
    cluster.give(stage, _QUICK, partition=1)
    service = start_stage(stage, "slow")

    # When the quick ones are done, the slow one is seen running, with its progress
    cluster.wait_for_states(_QUICK, declared.done.name)
    cluster.wait_for_states(["slow"], declared.running.name)
    _wait_for_progress(cluster, ("slow", declared.percent(0.5), "half way"))

    # And everything was written to the partition it came from, not to its key's
    assert {record.partition for record in cluster.read(declared.sink)} == {1}
    assert {record.partition for record in cluster.read("job-state")} == {1}

    # And the watermark stands at the slow one with the others in the metadata
    place = cluster.committed(stage)[1]
    assert place.offset == 0
    assert len(decode(place.offset, place.metadata or "").done & set(range(1, 41))) == len(_QUICK)

    # Then a killed and restarted stage does only the slow one again
    service.kill()
    service.start()
    gate.touch()
    cluster.wait_for_states(["slow"], declared.done.name)
    assert cluster.outputs(stage) == Counter(["slow", *_QUICK])

    # And the others were not even looked at: the map has told of them, not the index
    line = f'headway_records_total{{outcome="duplicate",stage="{stage}"}}'
    assert service.metric(line) == 0
    assert service.stop() == 0


def test_moving_the_groups_offsets_back_runs_no_finished_job_again(
    cluster: Cluster, start_stage: Callable[..., Service], stage: str
) -> None:
    """The index knows which jobs the stage is through with, whatever the offsets say."""
    # Given a stage that is through with its jobs, and is stopped
    done = cluster.pipeline.stage(stage).done.name
    through = [f"through-{index}" for index in range(12)]
    first = start_stage(stage, "moved")
    cluster.give(stage, through)
    cluster.wait_for_states(through, done)
    assert first.stop() == 0
    before = cluster.outputs(stage)

    # When an operator moves the group to the beginning, and the stage starts again
    cluster.rewind(stage)
    second = start_stage(stage, "moved")
    markers = []
    for partition in range(6):
        markers.append(f"marker-{partition}")
        cluster.give(stage, markers[-1:], partition=partition)
    cluster.wait_for_states(markers, done)

    # Then only the new ones were done
    after = cluster.outputs(stage)
    assert {job_id: after[job_id] for job_id in before} == dict(before)
    assert second.stop() == 0


def _wait_for_progress(cluster: Cluster, expected: tuple[str, int, str]) -> None:
    def told() -> set[tuple[str, int, str]]:
        return {(p["job_id"], p["progress"], p["note"]) for p in cluster.decoded("job-progress")}

    wait_until(lambda: expected in told(), told)
