"""Errors that may pass: the job waits in a tier of its stage and is tried again when it is due."""

from itertools import pairwise
from typing import Any

import pytest
from prometheus_client import REGISTRY
from support.fake_kafka.record import Record
from support.stages.stage_rig import FakeCluster, InProcessStage, jobs, once

from headway.base.errors import PermanentError, StoreUnavailable
from headway.wire.carried import CARRIED

_AWAY = StoreUnavailable("the store is away")
#: Two calls in place for each time a job comes, as the rig's stages have it.
_CALLS = 2


def _stage(cluster: FakeCluster, name: str, instance: str = "a", **more: Any) -> InProcessStage:
    told = {"retry_tries": 3, "retry_delays": "0.05,0.1,0.15", **more}
    return cluster.stage(name, instance, **told).start()


def test_a_job_that_fails_once_is_done_when_it_is_due(cluster: FakeCluster, name: str) -> None:
    """Its state says until when it waits, and where; then it is as any other."""
    # Given a job whose first calls meet a store that is away
    stage = _stage(cluster, name, retry_delays="0.3,0.3,0.3")
    stage.script.fail("job", _AWAY, times=_CALLS)
    cluster.give(name, "job", partition=2)

    # When it has failed
    waits = "RETRY_SCHEDULED"
    stage.turn_until(lambda: cluster.statuses().get("job") == waits, cluster.statuses)

    # Then its state has error, due time and place, and the record lies there as it came
    state = cluster.states()["job"]
    assert (state["error"]["error_class"], state["error"]["retry_available"]) == (
        "StoreUnavailable",
        True,
    )
    assert (state["tries"], state["step"], state["terminal"]) == (1, 0, False)
    assert state["due_at"] >= state["updated_at"] + 300
    assert state["timeline"][-1]["detail"] == "StoreUnavailable: the store is away"
    place = state["waits_at"]
    (((topic, index), offset, record),) = cluster.read(f"{name}.retry.1")
    assert (topic, index, offset) == (place["topic"], place["partition"], place["offset"])
    assert (record.key, record.value, index) == (b"job", cluster.encoded(name, "job"), 2)

    # When its time has come, then it is done, once, and not earlier
    done = once(["job"])
    stage.turn_until(lambda: cluster.outputs(name) == done, cluster.statuses)
    timeline = cluster.states()["job"]["timeline"]
    assert [step["status"] for step in timeline][-4:] == [
        f"PROCESS_{name[1]}_RUNNING",
        waits,
        f"PROCESS_{name[1]}_RUNNING",
        cluster.pipeline.stage(name).done.name,
    ]
    assert timeline[-2]["at"] >= state["due_at"]
    assert stage.script.calls["job"] == _CALLS + 1


def test_a_job_goes_from_tier_to_tier_and_is_given_up_as_it_came(
    cluster: FakeCluster, name: str
) -> None:
    """Its dead letter has the bytes and the place of its first record, whatever tiers it saw."""
    # Given a job that fails whenever it is tried
    stage = _stage(cluster, name)
    stage.script.fail("job", _AWAY)
    cluster.give(name, "job", partition=1)

    # When all its tries are used up
    stage.turn_until(lambda: cluster.statuses().get("job") == "FAILED", cluster.statuses)

    # Then it waited once in each tier, each time for longer
    tiers = [cluster.read(f"{name}.retry.{tier}") for tier in (1, 2, 3)]
    assert [len(found) for found in tiers] == [1, 1, 1]
    assert stage.script.calls["job"] == 4 * _CALLS

    # And the dead letter is that of the record it came as
    (((_, index), _, letter),) = cluster.read(f"{name}.dlq")
    told = dict(letter.headers or [])
    source = cluster.pipeline.stage(name).source
    assert (letter.key, letter.value, index) == (b"job", cluster.encoded(name, "job"), 1)
    assert (told["headway.topic"], told["headway.offset"]) == (source.encode(), b"0")
    assert CARRIED in told
    steps = [step["status"] for step in cluster.states()["job"]["timeline"]]
    assert steps.count("RETRY_SCHEDULED") == 3
    assert steps[-1] == "FAILED"


def test_a_later_try_takes_nothing_back_of_what_was_reported(
    cluster: FakeCluster, name: str
) -> None:
    """The percent of a job that is over is the highest that any try of the attempt had reported."""
    # Given a job that reported half of its work before it failed
    stage = cluster.stage(name, retry_tries=1, retry_delays="0.2,60,60").start()
    stage.script.fraction = 0.5
    stage.script.fail("job", _AWAY)
    cluster.give(name, "job")
    stage.turn_until(lambda: cluster.statuses().get("job") == "RETRY_SCHEDULED")
    reached = cluster.states()["job"]["progress"]

    # When its next try reports less, and is the last
    stage.script.fraction = 0.0
    stage.turn_until(lambda: cluster.statuses()["job"] == "FAILED", cluster.statuses)

    # Then the job ends with what it had
    assert cluster.states()["job"]["progress"] == reached
    assert reached > cluster.pipeline.stage(name).running.progress


def test_what_may_not_pass_is_given_up_at_once(cluster: FakeCluster, name: str) -> None:
    """A user with a bad file does not wait for minutes to hear of it."""
    # Given a stage that tries again later, when a job is refused for good, then it has failed
    stage = _stage(cluster, name)
    stage.script.fail("job", PermanentError("no rows"))
    cluster.give(name, "job")
    stage.turn_until(lambda: cluster.statuses().get("job") == "FAILED", cluster.statuses)
    assert cluster.read(f"{name}.retry.1") == []


def test_jobs_that_wait_hold_up_no_other_and_not_the_offset(
    cluster: FakeCluster, name: str
) -> None:
    """The source's watermark goes on: a restart reads nothing of it again."""
    # Given a job that waits for a minute, and others behind it in its partition
    stage = _stage(cluster, name, retry_delays="60,60,60")
    stage.script.fail("waits", _AWAY)
    cluster.give(name, "waits", *jobs(5), partition=3)

    # When the others are done, then the watermark is behind them all
    stage.turn_until(lambda: cluster.outputs(name) == once(jobs(5)), cluster.statuses)
    stage.turn_until(lambda: cluster.committed(name)[3][0] == 6)
    assert stage.health.notes["paused"] == {f"{name}.retry.1[3]": ["not due"]}


def test_an_heir_tries_what_waits_when_it_is_due(cluster: FakeCluster, name: str) -> None:
    """Waiting is in the topic, not in a process."""
    # Given a job that waits when its owner is killed
    first = _stage(cluster, name, "first", retry_delays="0.3,0.3,0.3")
    first.script.fail("job", _AWAY)
    cluster.give(name, "job", partition=4)
    first.turn_until(lambda: cluster.statuses().get("job") == "RETRY_SCHEDULED")
    due = cluster.states()["job"]["due_at"]
    first.kill()

    # When another takes over, then the job is done once, and not before it was due
    second = _stage(cluster, name, "second")
    second.turn_until(lambda: cluster.outputs(name) == once(["job"]), cluster.statuses)
    assert second.script.calls == once(["job"])
    assert cluster.states()["job"]["timeline"][-2]["at"] >= due


def test_a_second_submission_of_a_job_that_waits_is_a_duplicate(cluster: FakeCluster) -> None:
    """It is open, whoever has its record just now."""
    # Given a job that waits
    stage = _stage(cluster, "p1", retry_delays="60,60,60")
    stage.script.fail("job", _AWAY)
    cluster.give("p1", "job", partition=0)
    stage.turn_until(lambda: cluster.statuses().get("job") == "RETRY_SCHEDULED")

    # When it is submitted again, then nothing comes of it
    calls = stage.script.calls["job"]
    cluster.give("p1", "job", partition=0)
    stage.turn_until(lambda: cluster.committed("p1")[0][0] == 2)
    assert stage.script.calls["job"] == calls


def test_what_no_stage_put_into_a_tier_is_a_dead_letter(cluster: FakeCluster, name: str) -> None:
    """A record without our header says neither when it is due nor what became of its job."""
    # Given a stage, when somebody writes into its tier, then that is given up and nothing stops
    stage = _stage(cluster, name)
    place = (f"{name}.retry.2", 0)
    cluster.broker.append(place, Record(b"odd", cluster.encoded(name, "odd"), None, 0))
    cluster.give(name, "job", partition=0)
    stage.turn_until(lambda: cluster.outputs(name) == once(["job"]))
    stage.turn_until(lambda: cluster.read(f"{name}.dlq"))
    ((_, _, letter),) = cluster.read(f"{name}.dlq")
    assert CARRIED in str(dict(letter.headers or [])["headway.error.message"])


def test_many_that_wait_are_each_done_in_the_order_of_their_times(cluster: FakeCluster) -> None:
    """None before it is due, and how late they are is counted."""
    # Given many jobs that fail once
    stage = _stage(cluster, "p1")
    names = jobs(40)
    for job_id in names:
        stage.script.fail(job_id, _AWAY, times=_CALLS)
    before = _lateness_count()
    for number, job_id in enumerate(names):
        cluster.give("p1", job_id, partition=number % 6)

    # When all are done
    stage.turn_until(lambda: cluster.outputs("p1") == once(names), cluster.statuses)

    # Then none began early, each was counted, and in a tier they lie by due time
    for _, _, record in cluster.read("p1.retry.1"):
        job_id = (record.key or b"").decode()
        steps = cluster.states()[job_id]["timeline"]
        due = stage_due(cluster, record)
        assert steps[-2]["at"] >= due
    assert _lateness_count() - before == len(names)
    for index in range(6):
        found = cluster.read("p1.retry.1")
        dues = [stage_due(cluster, r) for (_, i), _, r in found if i == index]
        assert all(b - a > -50 for a, b in pairwise(dues))


def stage_due(cluster: FakeCluster, record: Record) -> int:
    """When the record of a tier is due."""
    value = dict(record.headers or [])[CARRIED]
    assert isinstance(value, bytes)
    due: int = cluster.codec.decode(value, "carried")["due_at"]
    return due


def _lateness_count() -> float:
    name = "headway_retry_lateness_seconds_count"
    return REGISTRY.get_sample_value(name, {"stage": "p1"}) or 0.0


@pytest.mark.parametrize("delays", ["1,2", "a,b,c"])
def test_delays_that_do_not_fit_the_declared_tiers_refuse_the_start(
    cluster: FakeCluster, delays: str
) -> None:
    """There is a topic for each."""
    # Given delays that are too few, or no numbers, when a stage is made, then it says so
    with pytest.raises(Exception, match="RETRY_DELAYS"):
        cluster.stage("p1", retry_delays=delays)
