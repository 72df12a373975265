"""What a stage does again after its process was killed, and what it does not."""

from prometheus_client import REGISTRY
from support.stages.stage_rig import FakeCluster, jobs, once
from support.status.records import Records

from headway.edges import kafka

#: Looks of the index's reader at a topic that gives it nothing.
_MANY = 200


def test_what_is_done_above_the_watermark_is_not_done_again(
    cluster: FakeCluster, name: str
) -> None:
    """A slow job at the head of a partition; the rest is done, and told in the metadata."""
    # Given a slow job with quick ones behind it, all of which are done
    quick = jobs(20)
    cluster.give(name, "slow", *quick)
    first = cluster.stage(name, "first").start()
    first.script.hold("slow")
    first.turn_until(lambda: cluster.outputs(name) == once(quick), lambda: cluster.outputs(name))
    first.turn_until(lambda: cluster.committed(name).get(0, (0, ""))[1])
    assert cluster.committed(name)[0][0] == 0

    # When the process is killed and another takes over
    first.kill()
    known = _duplicates(name)
    second = cluster.stage(name, "second").start()
    second.turn_until(lambda: cluster.outputs(name)["slow"])

    # Then only the slow one was done again
    assert second.script.calls == {"slow": 1}
    assert cluster.outputs(name) == once(["slow", *quick])

    # And the others were not even looked at: the map tells of them, not the index of jobs
    second.turn_until(lambda: cluster.committed(name)[0][0] == len(quick) + 1)
    assert _duplicates(name) == known


def test_a_frame_that_was_not_committed_is_done_again_and_said_once(
    cluster: FakeCluster, name: str
) -> None:
    """A process killed in the middle of a transaction has said nothing."""
    # Given an instance that dies before its first commit has come back
    cluster.give(name, *jobs(5))
    first = cluster.stage(name, "same").start()
    first.script.hold(*jobs(5))
    first.turn_until(lambda: len(first.script.calls) == 5, lambda: first.script.calls)
    first.kill()

    # When it is started again under its name
    second = cluster.stage(name, "same").start()
    second.turn_until(lambda: len(cluster.outputs(name)) == 5, lambda: cluster.outputs(name))

    # Then every job has one output, and the offsets stand behind them
    assert cluster.outputs(name) == once(jobs(5))
    second.turn_until(lambda: cluster.committed(name)[0][0] == 5)


def test_the_index_of_jobs_is_complete_only_past_transactions_that_were_open(
    cluster: FakeCluster,
) -> None:
    """A job whose state is in one is known before the first record is taken."""
    # Given a submission of a job whose state lies in a transaction that is still open
    state = Records(cluster.codec).state("known", "PROCESS_1_DONE")
    producer = kafka.producer({}, transactional_id="predecessor")
    producer.init_transactions(1)
    producer.begin_transaction()
    producer.produce(cluster.catalog["job-state"].name, state, "known", partition=0)
    cluster.give("p1", "known", "new")

    # When a stage starts and has read the index as far as it can be read
    stage = cluster.stage("p1").start()
    calls = cluster.broker.faults.calls
    stage.turn_until(lambda: "admin.list_offsets" in calls)
    asked = calls.count("poll")
    stage.turn_until(lambda: calls.count("poll") >= asked + _MANY)

    # Then it has begun nothing
    assert stage.script.calls == {}

    # When the transaction is committed, then only the new job is done
    producer.commit_transaction(1)
    stage.turn_until(lambda: cluster.outputs("p1")["new"])
    assert stage.script.calls == {"new": 1}
    assert cluster.outputs("p1") == once(["new"])


def test_a_stage_is_ready_only_when_its_index_is_loaded(cluster: FakeCluster) -> None:
    """Before that it would not do what it is sent."""
    # Given a stage whose index cannot be read yet
    loading = cluster.broker.faults.hang("get_watermark_offsets")
    stage = cluster.stage("p1").start()
    stage.turn_until(loading.reached.is_set)

    # When it turns, then it is not ready and says why
    stage.turn(5)
    assert (stage.health.ready, stage.health.live) == (False, True)
    assert "loading" in stage.health.reason

    # When the index is there, then it is
    loading.release()
    stage.turn_until(lambda: stage.health.ready, lambda: stage.health.reason)


def _duplicates(stage: str) -> float:
    labels = {"stage": stage, "outcome": "duplicate"}
    return REGISTRY.get_sample_value("headway_records_total", labels) or 0.0
