"""The same job twice, by any road: one run, counted, whoever owns its partition by then."""

from collections.abc import Callable

import pytest
from support.kafka.cluster import Cluster
from support.kafka.history import Past
from support.processes import Service
from support.rooms.stateread import state
from support.waiting import wait_until

from headway.edges import kafka
from localkafka import RunningBroker

pytestmark = pytest.mark.broker

_JOBS = [f"job-{number}" for number in range(12)]


@pytest.fixture
def cluster(broker: RunningBroker) -> Cluster:
    """A namespace for each test: groups are moved and times are set back."""
    return Cluster(broker.bootstrap_servers)


def _duplicates(stage: str, *services: Service) -> float:
    line = f'headway_records_total{{outcome="duplicate",stage="{stage}"}}'
    return sum(service.metric(line) for service in services)


def _loaded(service: Service, topic: str) -> dict[int, int]:
    """How many jobs each partition knew when it was loaded last."""
    events = service.events("partition.loaded")
    return {event["partition"]: event["jobs"] for event in events if event["topic"] == topic}


@pytest.mark.parametrize("stage", ["p1", "p2"])
def test_duplicates_are_one_run_and_counted_after_a_restart_and_a_rebalance(
    cluster: Cluster, start_on: Callable[[Cluster], Callable[..., Service]], stage: str
) -> None:
    """Each counted once, by whoever dropped it."""
    # Given jobs that a stage has done
    start = start_on(cluster)
    first = start(stage, "first")
    cluster.give(stage, _JOBS)
    cluster.wait_for_states(_JOBS, cluster.pipeline.stage(stage).done.name)

    # When they come again to it, to two of which one has just joined, and to the one that stays
    cluster.give(stage, _JOBS)
    wait_until(lambda: _duplicates(stage, first) == 12)
    second = start(stage, "second")
    wait_until(lambda: len(second.events("partition.loaded")) >= 3)
    cluster.give(stage, _JOBS)
    wait_until(lambda: _duplicates(stage, first, second) == 24)
    before = _duplicates(stage, second)
    assert first.stop() == 0
    cluster.give(stage, _JOBS)
    wait_until(lambda: _duplicates(stage, second) == before + 12)

    # And to one that begins after all have ended
    assert second.stop() == 0
    third = start(stage, "third")
    cluster.give(stage, _JOBS)
    wait_until(lambda: _duplicates(stage, third) >= 12)

    # Then each was done once, and counted once
    assert cluster.outputs(stage) == dict.fromkeys(_JOBS, 1)
    assert _duplicates(stage, third) == 12
    assert third.stop() == 0


def test_a_stage_loads_the_states_of_its_time_and_more_where_it_was_moved_back(
    cluster: Cluster, start_on: Callable[[Cluster], Callable[..., Service]]
) -> None:
    """On a broker's own index of times; what was over long before is done by nobody again."""
    # Given jobs that were over years, months and days ago
    days = {"years": 800, "months": 70, "weeks": 20, "days": 3}
    with Past(cluster, "jobs.submitted", "job-state") as past:
        for offset, (job_id, ago) in enumerate(days.items()):
            over = state(2, 1, terminal=True, job_id=job_id, submitted_offset=offset)
            past.write("jobs.submitted", job_id, cluster.submission(job_id, title="ok"), days=ago)
            past.write("job-state", job_id, over, days=ago - 0.1)
    _commit(cluster, len(days))

    # When a stage begins at the end, and the younger ones come again
    start = start_on(cluster)
    service = start("p1", "a")
    cluster.give("p1", ["weeks", "days", "new"], partition=0)
    cluster.wait_for_outputs("p1", 1)

    # Then it has loaded those of thirty days, and nothing was done again
    assert _loaded(service, cluster.catalog["jobs.submitted"].name)[0] == 2
    assert cluster.outputs("p1") == {"new": 1}
    assert _duplicates("p1", service) == 2
    assert service.stop() == 0

    # When the group is moved back to the beginning
    _commit(cluster, 0)
    service = start("p1", "a")
    cluster.give("p1", ["last"], partition=0)
    cluster.wait_for_outputs("p1", 2)

    # Then it has loaded all there are, and has dropped all that it has read
    assert _loaded(service, cluster.catalog["jobs.submitted"].name)[0] == 5
    assert cluster.outputs("p1") == {"new": 1, "last": 1}
    assert _duplicates("p1", service) == 7
    assert service.stop() == 0


def _commit(cluster: Cluster, offset: int) -> None:
    """Move the group of p1, which has no member, in partition 0."""
    consumer = kafka.consumer(cluster.options, group_id=cluster.prefix + "p1")
    place = kafka.TopicPartition(cluster.catalog["jobs.submitted"].name, 0, offset)
    consumer.commit(offsets=[place], asynchronous=False)
    consumer.close()
