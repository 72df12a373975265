"""A stage reads a topic beside its source, in the same group: one that only the tests have."""

from collections.abc import Iterator

import pytest
from support.fake_kafka.broker import FakeBroker
from support.fake_kafka.record import Record
from support.stages.stage_rig import FakeCluster, InProcessStage, jobs, once

from headway.owning.inlet import Inlet

_BESIDE = Inlet("beside", partitions=6)


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCluster]:
    """The declared topics, and one more that only this test's stages read."""
    broker = FakeBroker()
    broker.install(monkeypatch)
    broker.create(_BESIDE.topic, partitions=_BESIDE.partitions)
    made = FakeCluster(broker)
    yield made
    made.close()


def test_both_topics_are_read_and_committed_each_by_itself(cluster: FakeCluster, name: str) -> None:
    """The same partition and offset in two topics are two records, of two jobs."""
    # Given a stage with two inlets, and records at the same offsets of both
    stage = _stage(cluster, name)
    cluster.give(name, *jobs(3, "source"), partition=2)
    _give_beside(cluster, name, *jobs(2, "beside"), partition=2)

    # When it works
    stage.turn_until(lambda: len(cluster.outputs(name)) == 5, lambda: cluster.outputs(name))

    # Then all is done once, and each topic has its own offset
    assert cluster.outputs(name) == once([*jobs(3, "source"), *jobs(2, "beside")])
    stage.turn_until(lambda: _committed(cluster, name, 2) == (3, 2))


def test_what_one_instance_did_of_an_inlet_the_next_does_not(
    cluster: FakeCluster, name: str
) -> None:
    """After a kill both topics go on where they were, one slow job apart."""
    # Given an instance killed with a slow job at work in the inlet, and quick ones done behind it
    first = _stage(cluster, name, "first")
    first.script.hold("slow")
    _give_beside(cluster, name, "slow", *jobs(4, "quick"), partition=1)
    cluster.give(name, *jobs(4, "source"), partition=1)
    done = once([*jobs(4, "quick"), *jobs(4, "source")])
    first.turn_until(lambda: cluster.outputs(name) == done, lambda: cluster.outputs(name))
    first.turn_until(lambda: _committed(cluster, name, 1) == (4, 0))
    first.kill()

    # When another takes over
    second = _stage(cluster, name, "second")
    second.turn_until(lambda: cluster.outputs(name)["slow"])

    # Then only the slow one was done again
    assert second.script.calls == once(["slow"])
    assert cluster.outputs(name) == done + once(["slow"])


def test_a_job_that_is_over_is_not_done_again_from_any_inlet(cluster: FakeCluster) -> None:
    """Partitions of one number share one index of jobs."""
    # Given a job that is over, as another instance has told
    first = _stage(cluster, "p1", "first")
    cluster.give("p1", "over", partition=3)
    first.turn_until(lambda: cluster.outputs("p1") == once(["over"]))
    first.kill()

    # When a record of it comes in the other topic, to an instance that has just begun
    second = _stage(cluster, "p1", "second")
    _give_beside(cluster, "p1", "over", "open", partition=3)
    second.turn_until(lambda: cluster.outputs("p1")["open"])

    # Then it is left alone, and the offset is done
    assert second.script.calls == once(["open"])
    second.turn_until(lambda: _committed(cluster, "p1", 3) == (1, 2))


def test_a_job_is_opened_by_the_source_alone(cluster: FakeCluster) -> None:
    """What comes beside it is of jobs that are open: it is their next record, no duplicate."""
    # Given a job that the source has opened, still at work
    stage = _stage(cluster, "p1")
    stage.script.hold("job")
    cluster.give("p1", "job", partition=0)
    stage.turn_until(lambda: stage.script.calls["job"])

    # When the source has it again, and the other topic too
    cluster.give("p1", "job", partition=0)
    _give_beside(cluster, "p1", "job", partition=0)
    stage.script.release("job")

    # Then the first is a duplicate and the other is not
    stage.turn_until(lambda: _committed(cluster, "p1", 0) == (2, 1))
    assert stage.script.calls["job"] == 2


def test_an_inlet_pauses_by_itself(cluster: FakeCluster, name: str) -> None:
    """A retry that is not due holds up no new job of its partition."""
    # Given a stage whose inlet is paused in one partition
    stage = _stage(cluster, name)
    stage.turn_until(lambda: stage.health.ready, lambda: stage.health.reason)
    stage.flow.reason("not due").pause([(_BESIDE.topic, 4)])
    stage.turn()

    # When both topics have records there, then those of the source alone are done
    _give_beside(cluster, name, "later", partition=4)
    cluster.give(name, *jobs(3), partition=4)
    done = once(jobs(3))
    stage.turn_until(lambda: cluster.outputs(name) == done, lambda: cluster.outputs(name))
    stage.turn(5)
    assert stage.script.calls["later"] == 0


def _stage(cluster: FakeCluster, name: str, instance: str = "a") -> InProcessStage:
    return cluster.stage(name, instance, inlets=[_BESIDE]).start()


def _give_beside(cluster: FakeCluster, name: str, *job_ids: str, partition: int) -> None:
    """As the source would carry them, but in the inlet."""
    for job_id in job_ids:
        value = cluster.encoded(name, job_id)
        cluster.broker.append((_BESIDE.topic, partition), Record(job_id.encode(), value, None, 0))


def _committed(cluster: FakeCluster, name: str, index: int) -> tuple[int, int]:
    """Of the source, and of the inlet."""
    source = cluster.catalog[cluster.pipeline.stage(name).source].name
    found = cluster.broker.groups[name].committed.get
    return found((source, index), (0, ""))[0], found((_BESIDE.topic, index), (0, ""))[0]
