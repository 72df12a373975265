"""Attempts at a job in a stage: a higher one runs, whatever became of those below it."""

import pytest
from prometheus_client import REGISTRY
from support.kafka.messages import profile_done, submission
from support.stages.stage_rig import FakeCluster, InProcessStage

from headway.base.errors import PermanentError


def test_a_record_of_the_next_attempt_at_a_finished_job_runs_once(
    cluster: FakeCluster, name: str
) -> None:
    """Its repetition is a duplicate, and so is what comes late of the attempt before."""
    # Given a job that a stage is through with
    stage = cluster.stage(name).start()
    _give(cluster, stage, attempt=1)
    _until_ended(cluster, stage, attempt=1)

    # When its second attempt comes, twice, and the first one again
    before = _duplicates(name)
    for attempt in (2, 2, 1):
        _give(cluster, stage, attempt=attempt)
    stage.turn_until(lambda: cluster.committed(name)[0][0] == 4)

    # Then the second attempt ran, once, and everything it says names it
    assert stage.script.calls == {"job": 2}
    assert cluster.outputs(name) == {"job": 2}
    assert _duplicates(name) - before == 2
    state = cluster.states()["job"]
    assert (state["attempt"], state["timeline"][-1]["attempt"]) == (2, 2)


def test_an_heir_knows_the_attempts_of_the_jobs_it_takes_over(
    cluster: FakeCluster, name: str
) -> None:
    """From the states alone: nothing of the process before is left."""
    # Given a job whose second attempt an instance has ended before it died
    first = cluster.stage(name, "first").start()
    _give(cluster, first, attempt=1)
    _give(cluster, first, attempt=2)
    _until_ended(cluster, first, attempt=2)
    first.kill()

    # When an heir is given all of them again, and a third
    heir = cluster.stage(name, "heir").start()
    for attempt in (1, 2, 3):
        _give(cluster, heir, attempt=attempt)
    _until_ended(cluster, heir, attempt=3)

    # Then only the third one runs
    heir.turn_until(lambda: cluster.committed(name)[0][0] == 5)
    assert heir.script.calls == {"job": 1}
    assert cluster.outputs(name) == {"job": 3}


def test_each_attempt_at_a_job_fails_for_itself(cluster: FakeCluster, name: str) -> None:
    """What comes under its key in between changes nothing."""
    # Given a job that failed
    stage = cluster.stage(name).start()
    stage.script.fail("job", PermanentError("no"))
    _give(cluster, stage, attempt=1)
    _until_ended(cluster, stage, attempt=1)
    assert cluster.states()["job"]["status"] == "FAILED"

    # When garbage comes under its key, and then its second attempt, which fails as well
    cluster.write(_source(cluster, stage), b"job", b"garbage")
    _give(cluster, stage, attempt=2)
    _until_ended(cluster, stage, attempt=2)

    # Then garbage said nothing of the job, and each failure is of its own attempt
    letters = [dict(letter.headers or []) for _, _, letter in cluster.read(f"{name}.dlq")]
    assert [headers["headway.attempt"] for headers in letters] == [b"1", b"1", b"2"]
    assert cluster.states()["job"]["attempt"] == 2


@pytest.mark.parametrize("attempt", [0, -1, 1_000_001])
def test_a_submission_of_no_attempt_fails_alone(cluster: FakeCluster, attempt: int) -> None:
    """The record is a dead letter and the job has failed, in its first attempt."""
    # Given a stage that is handed such a record
    stage = cluster.stage("p1").start()
    cluster.write("jobs.submitted", b"job", submission("job", attempt=attempt))
    # When it is done with it
    _until_ended(cluster, stage, attempt=1)
    # Then its user is told what is wrong
    error = cluster.states()["job"]["error"]
    assert f"attempt is {attempt}" in error["message"]
    assert stage.script.calls == {}


def _source(cluster: FakeCluster, stage: InProcessStage) -> str:
    return cluster.pipeline.stage(stage.name).source


def _give(cluster: FakeCluster, stage: InProcessStage, *, attempt: int) -> None:
    encode = submission if stage.name == "p1" else profile_done
    cluster.write(_source(cluster, stage), b"job", encode("job", attempt=attempt))


def _until_ended(cluster: FakeCluster, stage: InProcessStage, *, attempt: int) -> None:
    def ended() -> bool:
        state = cluster.states().get("job", {"attempt": 0, "step": 0})
        return (state["attempt"], state["step"]) == (attempt, 1)

    stage.turn_until(ended, cluster.states)


def _duplicates(stage: str) -> float:
    labels = {"stage": stage, "outcome": "duplicate"}
    return REGISTRY.get_sample_value("headway_records_total", labels) or 0.0
