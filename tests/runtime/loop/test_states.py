"""The states of a job come in order, whatever becomes of the frames that carry them."""

import random
from collections import defaultdict

import pytest
from support.fake_kafka import errors
from support.stages.stage_rig import FakeCluster, jobs
from support.waiting import wait_until

from headway.edges import kafka
from headway.wire.codec import split_version

#: Aborts a transaction, and says nothing of whose fault that is.
_CODE = kafka.KafkaError.INVALID_TXN_STATE


def test_a_job_that_has_ended_is_not_said_to_be_at_work_any_more(
    cluster: FakeCluster, name: str
) -> None:
    """The newest state is what a compacted topic keeps: at work for ever, it would say."""
    # Given a stage whose next frame says that a job is at work, and is under way
    cluster.give(name, "before")
    stage = cluster.stage(name).start()
    stage.turn_until(lambda: cluster.committed(name).get(0, (0, ""))[0] == 1)
    stage.turn_until(lambda: not stage.runner.saying.waits)
    stage.script.hold("job")
    hung = cluster.broker.faults.hang("commit_transaction", errors.abortable(_CODE))
    cluster.give(name, "job")
    stage.turn_until(lambda: hung.met)

    # When the job ends meanwhile, and then that frame is aborted
    stage.script.release("job")
    wait_until(lambda: stage.script.ended["job"])
    stage.turn_until(lambda: not len(stage.runner.pool))
    hung.release()
    stage.turn_until(lambda: cluster.outputs(name)["job"])
    stage.turn_until(lambda: not stage.runner.saying.waits)

    # Then its end is the last that is said of it
    assert cluster.statuses() == dict.fromkeys(["before", "job"], _done(cluster, name))


@pytest.mark.parametrize("seed", range(8))
def test_no_state_of_a_job_comes_after_a_later_one(
    cluster: FakeCluster, name: str, seed: int
) -> None:
    """Frames that are aborted are halved, put off and said again, and jobs end meanwhile."""
    # Given jobs that end in any order, some long after they began, and frames aborted at random
    chance = random.Random(seed)
    everything = jobs(40)
    stage = cluster.stage(name, concurrency=8).start()
    stage.script.hold(*everything)
    for index, job_id in enumerate(everything):
        cluster.give(name, job_id, partition=index % 6)
    cluster.broker.faults.do("commit_transaction", lambda: _abort(chance), times=None)

    # When they end, a few at a time
    chance.shuffle(ending := everything[:])
    while ending:
        at_once = chance.randrange(1, 6)
        stage.script.release(*ending[:at_once])
        ending = ending[at_once:]
        stage.turn(chance.randrange(12))
    declared = cluster.pipeline.stage(name)
    ends = {declared.done.name, "FAILED"}
    stage.turn_until(
        lambda: sum(ends.intersection(s) != set() for s in _said(cluster).values()) == 40
    )
    stage.turn_until(lambda: not stage.runner.saying.waits)

    # Then each was said to have ended once, and nothing was said of it after that
    for job_id, said in _said(cluster).items():
        assert said[-1] in ends, job_id
        assert said[:-1] in ([], [declared.running.name]), job_id


def _abort(chance: random.Random) -> None:
    if chance.random() < 0.3:
        raise errors.abortable(_CODE)


def _said(cluster: FakeCluster) -> dict[str, list[str]]:
    """What was said of each job, in the order of offsets."""
    record = split_version(cluster.catalog["job-state"].value)[0]
    said = defaultdict[str, list[str]](list)
    for _, _, found in cluster.read("job-state"):
        state = cluster.codec.decode(found.value, record)
        said[state["job_id"]].append(state["status"])
    return said


def _done(cluster: FakeCluster, name: str) -> str:
    return str(cluster.pipeline.stage(name).done.name)
