"""What a stage takes in is bounded, and what it holds back it takes up again."""

from support.fake_kafka import errors
from support.stages.stage_rig import FakeCluster, InProcessStage, jobs, once

from headway.edges import kafka

#: Turns in which a stage without bounds would have taken everything.
_TURNS = 30


def test_no_more_records_are_taken_than_there_is_room_for(cluster: FakeCluster, name: str) -> None:
    """While handlers are at work the rest waits in the topic."""
    # Given more jobs than the buffer holds, none of which ends
    for partition in range(6):
        cluster.give(name, *jobs(10, f"job-{partition}"), partition=partition)
    stage = cluster.stage(name, buffer_records=5, concurrency=2).start()
    everything = [f"job-{p}-{i}" for p in range(6) for i in range(10)]
    stage.script.hold(*everything)

    # When it turns, then it takes what there is room for and not more
    _settle(stage, 5)
    assert stage.taken == 5

    # When they end, then all are done
    stage.script.release()
    stage.turn_until(lambda: cluster.outputs(name) == once(everything))


def test_no_more_is_taken_once_the_room_in_bytes_is_used_up(
    cluster: FakeCluster, name: str
) -> None:
    """Records may be few and large."""
    # Given a stage whose room in bytes is used up by jobs that do not end
    everything = jobs(100)
    cluster.give(name, *everything[:40])
    stage = cluster.stage(name, buffer_bytes=1024).start()
    stage.script.hold(*everything)
    stage.turn_until(lambda: stage.taken)
    stage.turn(_TURNS)
    first = stage.taken

    # When more comes, then it is left where it is
    cluster.give(name, *everything[40:])
    stage.turn(_TURNS)
    assert stage.taken == first

    # When they end, then all are done
    stage.script.release()
    stage.turn_until(lambda: cluster.outputs(name) == once(everything))


def test_what_is_in_a_frame_that_aborts_counts_as_room_in_use(
    cluster: FakeCluster, name: str
) -> None:
    """While frames abort again and again no more is taken than one frame can carry."""
    # Given a stage whose frames abort
    cluster.give(name, *jobs(60))
    aborting = cluster.broker.faults.fail(
        "commit_transaction", errors.abortable(kafka.KafkaError.UNKNOWN), times=None
    )
    stage = cluster.stage(name, buffer_records=5).start()
    stage.turn_until(lambda: aborting.met)

    # When it goes on, then it takes no more than its buffer holds, and says that it is not well
    stage.turn(_TURNS)
    assert stage.taken <= 5
    assert not stage.health.ready

    # When frames are committed again, then every job is done once
    cluster.broker.faults.clear()
    stage.turn_until(lambda: cluster.outputs(name) == once(jobs(60)))
    stage.turn_until(lambda: stage.health.ready, lambda: stage.health.reason)


def test_the_buffer_holds_when_partitions_come_and_go(cluster: FakeCluster, name: str) -> None:
    """A partition that is taken over from a peer that died brings no more than there is room."""
    # Given two instances, each full of jobs that do not end
    everything = [f"job-{p}-{i}" for p in range(6) for i in range(20)]
    for partition in range(6):
        cluster.give(name, *jobs(20, f"job-{partition}"), partition=partition)
    stage = cluster.stage(name, "stays", buffer_records=5).start()
    peer = cluster.stage(name, "dies", buffer_records=5).start()
    for one in (stage, peer):
        one.script.hold(*everything)

    def shared() -> bool:
        peer.turn()
        return stage.lanes == peer.lanes == 3

    stage.turn_until(shared)

    # When one is killed and the other takes over what it had
    peer.kill()
    stage.turn_until(lambda: stage.lanes == 6)
    stage.turn(_TURNS)

    # Then it has no more in hand than before
    assert len(stage.script.calls) <= 5
    stage.script.release()
    stage.turn_until(lambda: cluster.outputs(name) == once(everything))


def test_a_partition_is_held_before_its_map_of_done_offsets_is_full(
    cluster: FakeCluster, name: str
) -> None:
    """What is done behind a slow job has room in the metadata; other partitions go on."""
    # Given a slow job with more behind it than the map can hold
    behind = jobs(9000, "behind")
    cluster.give(name, "slow", *behind)
    stage = cluster.stage(name, buffer_records=8192).start()
    stage.script.hold("slow")

    # When it has taken what it may, then it stops there
    held_at = _settled(stage)
    cluster.give(name, "elsewhere", partition=1)
    stage.turn_until(lambda: stage.script.calls["elsewhere"])
    stage.turn(_TURNS)
    assert stage.taken == held_at + 1 < len(behind)

    # When the slow one ends, then it goes on to the end
    stage.script.release()
    stage.turn_until(lambda: stage.taken == len(behind) + 2, lambda: stage.taken)
    stage.turn_until(lambda: cluster.committed(name)[0][0] == len(behind) + 1)


def _settle(stage: InProcessStage, taken: int) -> None:
    """Turn until *taken* records are taken, and then as often as it takes to take more."""
    stage.turn_until(lambda: stage.taken >= taken)
    stage.turn(_TURNS)


def _settled(stage: InProcessStage) -> int:
    """How many records are taken when turning takes no more."""
    before = -1
    while before != stage.taken or not before:
        before = stage.taken
        stage.turn(_TURNS)
    return before
