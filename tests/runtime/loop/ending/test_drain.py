"""How a stage ends its work: what runs may finish, until a deadline that nothing moves."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from support.fake_kafka import errors
from support.stages.stage_rig import FakeCluster, InProcessStage, jobs, once
from support.waiting import DEADLINE_SECONDS

from headway.wire.metadata import decode


@dataclass
class _LookedAtClock:
    """Time goes on by *step* s whenever somebody looks, so a loop ends by its turns.

    The third look does *third* too.
    """

    step: float
    third: Callable[[], object] | None = None
    looks: int = 0

    def now_ms(self) -> int:
        return 1_764_000_000_000 + round(self.monotonic() * 1000)

    def monotonic(self) -> float:
        self.looks += 1
        if self.looks == 3 and self.third is not None:
            self.third()
        return self.looks * self.step


def _at_work(cluster: FakeCluster, name: str, *job_ids: str) -> InProcessStage:
    """A stage whose handler is at work at *job_ids*, and told to have begun."""
    cluster.give(name, *job_ids)
    stage = cluster.stage(name).start()
    stage.script.hold(*job_ids)
    stage.turn_until(lambda: len(cluster.statuses()) == len(job_ids), cluster.statuses)
    return stage


def _in_work(cluster: FakeCluster, name: str) -> InProcessStage:
    """A stage that has done a job, so the next ones begin without a commit before them."""
    cluster.give(name, "before")
    stage = cluster.stage(name).start()
    stage.turn_until(lambda: cluster.committed(name).get(0, (0, ""))[0] == 1)
    return stage


def test_a_job_at_work_is_finished_and_told_of(cluster: FakeCluster, name: str) -> None:
    """It takes as long as it takes, below the deadline; while it runs the process is alive."""
    # Given a job at work, that ends some turns after the drain has begun
    stage = _at_work(cluster, name, "job")
    polls: list[str] = []

    def after_some_polls() -> None:
        polls.append(stage.health.reason)
        if len(polls) == 10:
            stage.script.release("job")

    cluster.broker.faults.do("poll", after_some_polls, times=None)

    # When the stage is drained with time in hand
    stage.drain(stage.clock.monotonic() + DEADLINE_SECONDS)

    # Then the job is done and its offset committed, and all the while the stage was not ready
    assert cluster.outputs(name) == once(["job"])
    assert cluster.committed(name)[0][0] == 1
    assert set(polls) == {"draining"}
    assert not stage.health.ready
    assert stage.health.live


def test_a_job_that_does_not_end_is_left_at_the_deadline(
    cluster: FakeCluster, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Its offset is not committed, so the heir does it; the log says how many were left."""
    # Given a job at work that never ends, and time that goes on by turns
    caplog.set_level(logging.INFO)
    stage = _at_work(cluster, name, "job")
    stage.clock.by = _LookedAtClock(step=1.0)

    # When the stage is drained
    stage.drain(50.0)

    # Then it ended with the job at work, which is nowhere said to be done
    assert stage.script.ended == {}
    assert cluster.outputs(name) == {}
    (drained,) = (record for record in caplog.records if record.message == "stage.drained")
    assert vars(drained)["left"] == 1

    # And its heir does it
    heir = cluster.stage(name, "heir").start()
    heir.turn_until(lambda: cluster.outputs(name) == once(["job"]), lambda: cluster.outputs(name))


def test_jobs_that_wait_for_a_worker_are_left_to_the_next_owner(
    cluster: FakeCluster, name: str
) -> None:
    """A drain takes as long as what runs, not as long as what waits."""
    # Given one worker at a job, others that wait for it, and a record that was not taken yet
    cluster.give(name, "at-work", *jobs(5))
    stage = cluster.stage(name, concurrency=1).start()
    stage.script.hold("at-work")
    stage.turn_until(lambda: stage.taken == 6 and cluster.statuses().get("at-work"))
    cluster.give(name, "later")
    cluster.broker.faults.do("poll", lambda: stage.script.release("at-work"), times=None)

    # When the stage is drained
    stage.drain(stage.clock.monotonic() + DEADLINE_SECONDS)

    # Then only what was at work is done
    assert stage.script.calls == {"at-work": 1}
    assert cluster.outputs(name) == once(["at-work"])
    assert cluster.committed(name)[0][0] == 1


def test_a_stage_with_nothing_at_work_ends_at_once(cluster: FakeCluster, name: str) -> None:
    """It does not sit out its deadline: a rollout waits for it."""
    # Given a stage that has done all there was, and time that goes on by looks
    cluster.give(name, *jobs(3))
    stage = cluster.stage(name).start()
    stage.turn_until(lambda: cluster.committed(name).get(0, (0, ""))[0] == 3)
    stage.turn_until(lambda: not len(stage.runner.pool) and not stage.runner.saying.waits)
    clock = _LookedAtClock(step=0.01)
    stage.clock.by = clock

    # When it is drained with a deadline far away, then it ends long before
    stage.drain(1_000_000.0)
    assert clock.looks < 1000


@pytest.mark.parametrize("call", ["commit_transaction", "send_offsets_to_transaction"])
def test_a_last_word_that_hangs_keeps_no_stage_from_ending(
    cluster: FakeCluster, name: str, call: str
) -> None:
    """What is not said within its time is done again; the heirs wait no longer for it."""
    # Given a finished job whose frame hangs
    stage = _in_work(cluster, name)
    hung = cluster.broker.faults.hang(call)
    cluster.give(name, "job")
    stage.turn_until(lambda: hung.met and stage.script.ended["job"])
    clock = _LookedAtClock(step=0.1)
    stage.clock.by = clock

    # When the stage is drained, then it ends within its second, and has said nothing
    stage.drain(0.0)
    assert clock.looks < 20
    assert cluster.outputs(name) == once(["before"])


def test_a_frame_that_is_under_way_when_the_drain_ends_is_waited_for(
    cluster: FakeCluster, name: str
) -> None:
    """Nothing that is as good as said is done twice; what ended behind it goes with it."""
    # Given a frame on its way, and a job that ended behind it
    stage = _in_work(cluster, name)
    hung = cluster.broker.faults.hang("commit_transaction")
    cluster.give(name, "first")
    stage.turn_until(lambda: hung.met)
    cluster.give(name, "second")
    stage.turn_until(lambda: stage.script.ended["second"])

    # When that frame ends only after the last word has begun
    stage.clock.by = _LookedAtClock(step=0.0001, third=hung.release)
    stage.drain(0.0)

    # Then both are said, each once, and their offsets go with them
    assert cluster.outputs(name) == once(["before", "first", "second"])
    assert cluster.committed(name)[0][0] == 3


def test_the_last_word_is_waited_for(cluster: FakeCluster, name: str) -> None:
    """The heirs learn from it that nothing crashed here; left too early, nobody would commit it."""
    # Given a stage with nothing at work, whose next frame takes a while
    stage = _in_work(cluster, name)
    stage.turn_until(lambda: not stage.runner.saying.waits)
    assert not decode(1, cluster.committed(name)[0][1]).released
    hung = cluster.broker.faults.hang("commit_transaction")

    # When it is drained, and the frame ends after some turns
    stage.clock.by = _LookedAtClock(step=0.0001, third=hung.release)
    stage.drain(0.0)

    # Then what it said last is committed: the partition was let go in order
    assert hung.met == 1
    assert decode(1, cluster.committed(name)[0][1]).released


def test_a_stage_that_once_lost_a_producer_has_a_last_word_all_the_same(
    cluster: FakeCluster, name: str
) -> None:
    """A loss is over once there is another producer."""
    # Given a stage that lost a producer and went on, with a job at work
    stage = _in_work(cluster, name)
    cluster.broker.faults.fail("begin_transaction", errors.unknown_producer())
    cluster.give(name, "lost")
    stage.turn_until(lambda: cluster.committed(name)[0][0] == 2)
    stage.script.hold("job")
    cluster.give(name, "job")
    stage.turn_until(lambda: stage.script.calls["job"])
    cluster.broker.faults.do("poll", lambda: stage.script.release("job"), times=None)

    # When it is drained
    stage.drain(stage.clock.monotonic() + DEADLINE_SECONDS)

    # Then the job is said to be done, and the partition let go in order
    assert cluster.outputs(name) == once(["before", "lost", "job"])
    assert cluster.committed(name)[0][0] == 3
    assert decode(3, cluster.committed(name)[0][1]).released
