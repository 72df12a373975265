"""A producer that is lost takes nothing with it but time."""

import threading

import pytest
from support.clock import ManualClock
from support.fake_kafka import errors
from support.stages.stage_rig import FakeCluster, InProcessStage, jobs, once
from support.waiting import wait_until

from headway.base.errors import StageHalted
from headway.saying import committer

_LOSSES = 5


def _lose_once(stage: InProcessStage, cluster: FakeCluster, job_id: str) -> None:
    """The stage loses its producer over a job, and does the job all the same."""
    lost = cluster.broker.faults.fail("begin_transaction", errors.unknown_producer())
    cluster.give(stage.name, job_id)
    stage.turn_until(lambda: lost.met and cluster.outputs(stage.name)[job_id])


@pytest.mark.parametrize("call", ["begin_transaction", "send_offsets_to_transaction"])
def test_what_was_in_hand_is_read_and_done_again(
    cluster: FakeCluster, name: str, call: str
) -> None:
    """Nothing of the frame was said, so all of it is done anew, and said once."""
    # Given a producer at work that is lost in its next frame
    stage = cluster.stage(name).start()
    cluster.give(name, "before")
    stage.turn_until(lambda: cluster.outputs(name)["before"])
    lost = cluster.broker.faults.fail(call, errors.unknown_producer())
    cluster.give(name, *jobs(10))

    # When the stage goes on, then every job has one output
    stage.turn_until(lambda: len(cluster.outputs(name)) == 11, lambda: cluster.outputs(name))
    assert lost.met
    assert cluster.outputs(name) == once(["before", *jobs(10)])
    stage.turn_until(lambda: cluster.committed(name)[0][0] == 11)


def test_what_a_killed_broker_forgot_to_abort_is_never_seen(
    cluster: FakeCluster, name: str
) -> None:
    """The next transaction of the id ends it as it ends itself: the first one is aborted."""
    # Given an instance that died in the middle of a frame, and a broker that left out its markers
    cluster.give(name, *jobs(10))
    stopped = cluster.broker.faults.hang("commit_transaction")
    dead = cluster.stage(name).start()
    dead.turn_until(lambda: stopped.met)
    dead.kill()
    cluster.broker.forgets_markers = True

    # When another is started under its id
    heir = cluster.stage(name).start()
    heir.turn_until(lambda: cluster.committed(name).get(0, (0, ""))[0] == 10)

    # Then the markers were left out, and every job has one output all the same
    assert not cluster.broker.forgets_markers
    assert cluster.outputs(name) == once(jobs(10))


@pytest.mark.parametrize("call", ["send_offsets_to_transaction", "commit_transaction"])
def test_a_call_that_comes_back_after_its_producer_was_replaced_says_nothing(
    cluster: FakeCluster, name: str, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it was to say was done again meanwhile: it would be there twice."""
    # Given a stage whose next frame hangs, for longer than it waits
    monkeypatch.setattr(committer, "HUNG_SECONDS", 0.1)
    stage = cluster.stage(name).start()
    cluster.give(name, "before")
    stage.turn_until(lambda: cluster.outputs(name)["before"])
    hung = cluster.broker.faults.hang(call)
    cluster.give(name, *jobs(10))

    # When all of it was done by another producer, and then the call comes back
    stage.turn_until(lambda: len(cluster.outputs(name)) == 11, lambda: cluster.outputs(name))
    assert hung.met == 1
    lines = _lines()
    hung.release()
    wait_until(lambda: _lines() < lines)

    # Then every job has one output, and what comes next is done from there
    cluster.give(name, "after")
    stage.turn_until(lambda: cluster.committed(name)[0][0] == 12)
    assert cluster.outputs(name) == once(["before", *jobs(10), "after"])


@pytest.mark.parametrize("committed", [True, False])
def test_a_commit_whose_answer_is_lost_is_not_said_twice(
    cluster: FakeCluster, name: str, *, committed: bool
) -> None:
    """Whether it came through is told by the committed offsets alone."""
    # Given a producer that is lost in its commit
    cluster.give(name, *jobs(10))
    lost = cluster.broker.faults.fail(
        "commit_transaction", errors.unknown_producer(), after=committed
    )
    stage = cluster.stage(name).start()
    stage.turn_until(lambda: lost.met)

    # When the stage goes on, then every job has one output
    stage.turn_until(lambda: cluster.committed(name).get(0, (0, ""))[0] == 10)
    assert cluster.outputs(name) == once(jobs(10))


def test_a_stage_whose_producers_are_lost_again_and_again_halts(
    cluster: FakeCluster, name: str
) -> None:
    """Two instances of one id would bar each other for ever; an operator must see it."""
    # Given a stage whose every frame loses its producer
    cluster.give(name, "job")
    cluster.broker.faults.fail("commit_transaction", errors.unknown_producer(), times=None)
    stage = cluster.stage(name).start()

    # When it turns, then it gives up and says what to look for
    words = r"^6 producers were lost in \d+ s, the last: .*INSTANCE_ID, give each its own$"
    with pytest.raises(StageHalted, match=words):
        stage.turn_until(lambda: False)
    assert cluster.outputs(name) == {}


def test_a_single_loss_now_and_then_halts_nothing(cluster: FakeCluster, name: str) -> None:
    """Five losses are below the bound."""
    # Given a stage that loses five producers
    cluster.give(name, "job")
    cluster.broker.faults.fail("commit_transaction", errors.unknown_producer(), times=5)
    stage = cluster.stage(name).start()

    # When it goes on, then the job is done
    stage.turn_until(lambda: cluster.outputs(name)["job"])
    assert cluster.outputs(name) == once(["job"])


def test_losses_that_lie_apart_halt_nothing_and_do_not_hide_later_ones(
    cluster: FakeCluster, name: str
) -> None:
    """Six within a minute are two instances of one id; six in a day are a day's outages."""
    # Given a stage that lost ten producers, one every thirteen seconds
    stage, clock = cluster.stage(name).start(), ManualClock()
    stage.clock.by = clock
    for job_id in jobs(10):
        _lose_once(stage, cluster, job_id)
        clock.advance(13.0)

    # When it loses one after the other, then it halts, and says within which time
    cluster.broker.faults.fail("begin_transaction", errors.unknown_producer(), times=None)
    cluster.give(name, "last")
    with pytest.raises(StageHalted, match=r"^6 producers were lost in 52 s, the last: "):
        stage.turn_until(lambda: False)
    assert cluster.outputs(name) == once(jobs(10))


def test_a_lost_producer_is_told_with_its_reason(
    cluster: FakeCluster, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """An operator sees in the log what the cluster said."""
    # Given a stage whose producer is lost once, when it has gone on
    _lose_once(cluster.stage(name).start(), cluster, "job")

    # Then there is one line of it
    (told,) = (record for record in caplog.records if record.message == "producer.lost")
    assert "UNKNOWN_PRODUCER_ID" in vars(told)["error"]


def test_a_job_is_not_blamed_for_producers_that_were_lost_while_it_was_told_of(
    cluster: FakeCluster, name: str
) -> None:
    """Its process never ended: nothing is counted against it, however often it is done again."""
    # Given a job that is at work when its process is killed, so that deliveries are counted
    cluster.give(name, "job", *jobs(3))
    killed = cluster.stage(name, "killed").start()
    killed.script.hold("job", *jobs(3))
    killed.turn_until(lambda: cluster.statuses().get("job"))
    killed.kill()

    # And another process that loses its producer whenever it tells that a job is done
    sink = cluster.catalog[cluster.pipeline.stage(name).sink].name
    losses: list[int] = []

    def lose() -> None:
        told = any(topic == sink for topic, _ in cluster.broker.open_places())
        if told and len(losses) < _LOSSES:
            losses.append(1)
            raise errors.unknown_producer()

    cluster.broker.faults.do("commit_transaction", lose, times=None)
    stage = cluster.stage(name, "heir").start()

    # When it has got through, then every job is done and none is given up
    everything = ["job", *jobs(3)]
    stage.turn_until(lambda: len(cluster.statuses()) == 4 and _ended(cluster, name))
    assert cluster.outputs(name) == once(everything)
    assert len(losses) == _LOSSES


def _ended(cluster: FakeCluster, name: str) -> bool:
    return set(cluster.statuses().values()) == {cluster.pipeline.stage(name).done.name}


def _lines() -> int:
    """How many threads of this process say frames, or hang in it."""
    return sum(thread.name.startswith("committer-") for thread in threading.enumerate())
