"""What a stage says while its topics do not fit, and that it goes on with those that do."""

from support.stages.stage_rig import FakeCluster, jobs, once

from headway.edges import kafka


def test_a_partition_too_many_is_told_instead_of_ready_and_stops_nothing(
    cluster: FakeCluster, name: str
) -> None:
    """Its jobs wait; those of the declared partitions are done as before."""
    # Given a stage that is ready
    stage = cluster.stage(name)
    stage.runner.topology.every_seconds = 0.01
    stage.start()
    stage.turn_until(lambda: stage.health.ready, lambda: stage.health.reason)

    # When its source gets a partition that nobody declared
    source = cluster.catalog[cluster.pipeline.stage(name).source].name
    admin = cluster.broker.admin({})
    admin.create_partitions([kafka.NewPartitions(source, 7)])

    # Then it says so, and still does what is given to it
    stage.turn_until(lambda: not stage.health.ready)
    assert f"{source} has 7 partitions, declared 6" in stage.health.reason
    cluster.give(name, *jobs(5))
    stage.turn_until(lambda: len(cluster.outputs(name)) == 5, lambda: cluster.outputs(name))
    assert cluster.outputs(name) == once(jobs(5))
    assert not stage.health.ready
