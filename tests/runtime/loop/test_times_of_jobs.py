"""How long jobs were in a stage and in all, and how many a frame settles."""

import pytest
from support.stages.commander import AWAY, Commander
from support.stages.counted import Counted
from support.stages.stage_rig import FakeCluster, InProcessStage, jobs

from headway.base.clock import SystemClock
from headway.base.errors import PermanentError
from headway.observing.metrics import STAGE_SECONDS

#: Longer than any test takes.
_LONG_SECONDS = 100_000


@pytest.fixture
def old(cluster: FakeCluster) -> FakeCluster:
    """What is written now came long ago."""
    cluster.broker.set_time(SystemClock().now_ms() - _LONG_SECONDS * 1000)
    return cluster


def test_a_job_is_timed_from_its_record_to_the_commit_of_its_end(
    old: FakeCluster, name: str, counted: Counted
) -> None:
    """Of a job that is through with the last stage, the whole way as well."""
    # Given a job that came long ago
    old.give(name, "job")

    # When the stage is done with it
    stage = old.stage(name).start()
    _turn_until_counted(stage, counted, 1)

    # Then all that time was in the stage, and the job has ended if that was the last one
    assert counted("headway_stage_seconds_sum") >= _LONG_SECONDS
    ended = counted("headway_job_seconds_count", outcome="completed")
    assert ended == old.pipeline.stage(name).last


def test_a_job_that_fails_has_ended_whatever_the_stage(
    cluster: FakeCluster, name: str, counted: Counted
) -> None:
    """A record that is no job has no time."""
    # Given a job that is refused, and a record that is nobody's
    stage = cluster.stage(name).start()
    stage.script.fail("job", PermanentError("no"))
    cluster.write(cluster.pipeline.stage(name).source, None, b"garbage")
    cluster.give(name, "job")

    # When both are given up, then the job alone is timed
    stage.turn_until(lambda: counted("headway_records_total", outcome="failed") == 2)
    _turn_until_counted(stage, counted, 1)
    assert counted("headway_job_seconds_count", outcome="failed") == 1


def test_a_job_that_is_tried_again_is_timed_once_from_where_it_first_lay(
    old: FakeCluster, name: str, counted: Counted
) -> None:
    """Its record in a tier is younger."""
    # Given a job that came long ago, and fails at first
    old.give(name, "job")
    old.broker.set_time(SystemClock().now_ms())
    stage = old.stage(name, retry_tries=3, retry_delays="0.05,0.1,0.15").start()
    stage.script.fail("job", AWAY, times=2)

    # When it is done at a later try
    _turn_until_counted(stage, counted, 1)

    # Then all of it counts, once
    assert old.outputs(name) == {"job": 1}
    assert counted("headway_records_total", outcome="postponed") == 1
    assert counted("headway_stage_seconds_sum") >= _LONG_SECONDS


def test_a_job_that_is_sent_back_is_timed_from_then(
    old: FakeCluster, name: str, counted: Counted
) -> None:
    """While its letter lay on the shelf nobody waited."""
    # Given a job that came long ago and failed
    stage = old.stage(name, retry_tries=0).start()
    stage.script.fail("job", AWAY)
    old.give(name, "job")
    _turn_until_counted(stage, counted, 1)
    before = counted("headway_stage_seconds_sum")

    # When it is sent back and done
    stage.script.mend("job")
    Commander(old).retry("job", 1, name)
    _turn_until_counted(stage, counted, 2)

    # Then the second attempt was short
    assert old.outputs(name) == {"job": 1}
    assert counted("headway_stage_seconds_sum") - before < _LONG_SECONDS


def test_a_job_that_is_cancelled_while_it_waits_has_ended(
    cluster: FakeCluster, name: str, counted: Counted
) -> None:
    """By its command: how long it was in the stage is not known there."""
    # Given a job that waits to be tried again
    stage = cluster.stage(name, retry_tries=3, retry_delays="60,60,60").start()
    stage.script.fail("job", AWAY)
    cluster.give(name, "job")
    stage.turn_until(lambda: cluster.statuses().get("job") == "RETRY_SCHEDULED")

    # When it is cancelled, then that is its end
    Commander(cluster).cancel("job")
    stage.turn_until(lambda: counted("headway_job_seconds_count", outcome="cancelled") == 1)
    assert counted("headway_stage_seconds_count") == 0


def test_what_frames_settle_adds_up_to_what_was_given(
    cluster: FakeCluster, name: str, counted: Counted
) -> None:
    """Every committed frame counts, also one that only says that a job runs."""
    # Given a stage with jobs to do
    cluster.give(name, *jobs(20))
    stage = cluster.stage(name).start()

    # When all are done
    stage.turn_until(lambda: counted("headway_frame_records_sum") == 20)

    # Then frames and records are all counted
    frames = counted("headway_frames_total", outcome="committed")
    assert counted("headway_frame_records_count") == frames


def test_values_taken_at_once_are_the_same_as_one_by_one() -> None:
    """Whatever the client's own way of counting is."""
    # Given two series, and values in, between and on the bounds of buckets
    one, all_at_once = STAGE_SECONDS.labels("one by one"), STAGE_SECONDS.labels("all at once")
    values = [0.0, 0.02, 0.03, 0.05, 1.0, 1.01, 14400.0, 14401.0, 1.0]

    # When one is given them one by one and the other all at once
    for value in values:
        one.observe(value)
    all_at_once.observe_all(values)
    all_at_once.observe_all([])

    # Then they tell the same
    told: dict[str, list[float]] = {"one by one": [], "all at once": []}
    (family,) = STAGE_SECONDS.collect()
    for sample in family.samples:
        if sample.labels["stage"] in told and not sample.name.endswith("_created"):
            told[sample.labels["stage"]].append(sample.value)
    STAGE_SECONDS.remove("one by one")
    STAGE_SECONDS.remove("all at once")
    assert told["one by one"] == told["all at once"] != []


def _turn_until_counted(stage: InProcessStage, counted: Counted, jobs_ended: int) -> None:
    stage.turn_until(lambda: counted("headway_stage_seconds_count") == jobs_ended)
