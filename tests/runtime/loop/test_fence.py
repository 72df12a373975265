"""Nobody speaks for partitions that are somebody else's, and whoever lets them go says all."""

from support.fake_kafka import errors
from support.stages.stage_rig import FakeCluster, once

from headway.edges import kafka


def test_nothing_is_said_by_an_instance_that_knows_it_is_no_member(
    cluster: FakeCluster, name: str
) -> None:
    """The broker would take the offsets of somebody who claims to be nobody, unfenced."""
    # Given an instance with a job at work
    cluster.give(name, "job")
    stage = cluster.stage(name).start()
    stage.script.hold("job")
    stage.turn_until(lambda: cluster.statuses().get("job"))
    swept = cluster.broker.groups[name].unfenced  # what is aborted at the start needs no fence

    # When it loses its membership just before it says that the job is done
    lost = cluster.broker.faults.do(
        "consumer_group_metadata", lambda: cluster.broker.expel(stage.consumer, noticed=True)
    )
    stage.script.release()
    stage.turn_until(lambda: lost.met)

    # Then it says so only when it is a member again
    stage.turn_until(lambda: cluster.outputs(name)["job"])
    assert cluster.outputs(name) == once(["job"])
    assert cluster.broker.groups[name].unfenced == swept


def test_nothing_is_said_in_an_earlier_generation(cluster: FakeCluster, name: str) -> None:
    """One that does not know yet that others own its partitions is refused by the broker."""
    # Given an instance with a finished job, which has lost its membership unnoticed
    cluster.give(name, "job")
    zombie = cluster.stage(name, "zombie").start()
    zombie.script.hold("job")
    zombie.turn_until(lambda: cluster.statuses().get("job"))
    lost = cluster.broker.faults.do(
        "consumer_group_metadata", lambda: cluster.broker.expel(zombie.consumer)
    )
    zombie.script.release()
    zombie.turn_until(lambda: lost.met)

    # When another does the job, and the first goes on
    heir = cluster.stage(name, "heir").start()
    heir.turn_until(lambda: cluster.outputs(name)["job"])
    zombie.turn(20)

    # Then it is done once
    assert cluster.outputs(name) == once(["job"])


def test_a_stage_says_all_it_has_before_it_lets_a_partition_go(
    cluster: FakeCluster, name: str
) -> None:
    """What is finished is committed while it is still a member, so the heir begins behind it."""
    # Given an instance whose finished job could not be said yet
    cluster.give(name, "job", partition=5)
    stage = cluster.stage(name).start()
    stage.script.hold("job")
    stage.turn_until(lambda: cluster.statuses().get("job"))
    aborting = cluster.broker.faults.fail(
        "commit_transaction",
        errors.abortable(kafka.KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER),
        times=None,
    )
    stage.script.release()
    stage.turn_until(lambda: aborting.met)
    cluster.broker.faults.clear()

    # When its partition has to go to another member
    other = cluster.stage(name, "other").start()
    other.turn()
    stage.turn_until(lambda: stage.lanes == 3)

    # Then the job was said in the same poll, and nobody does it again
    assert cluster.outputs(name) == once(["job"])
    assert cluster.committed(name)[5][0] == 1
    other.turn_until(lambda: other.health.ready)
    other.turn(10)
    assert other.script.calls == {}
