"""What a stage counts of its own work."""

from prometheus_client import REGISTRY
from support.stages.counted import Counted
from support.stages.stage_rig import FakeCluster, jobs

from headway.base.errors import PermanentError, TransientError


def test_every_record_is_counted_by_what_became_of_it(
    cluster: FakeCluster, name: str, counted: Counted
) -> None:
    """Done, failed, and how often a handler was called again; each call is timed."""
    # Given jobs that end in different ways
    cluster.give(name, "refused", "stubborn", *jobs(3))
    stage = cluster.stage(name).start()
    stage.script.fail("refused", PermanentError("no"))
    stage.script.fail("stubborn", TransientError("away"))

    # When all have ended and been told of
    stage.turn_until(lambda: cluster.committed(name).get(0, (0, ""))[0] == 5)

    # Then they are counted
    assert counted("headway_records_total", outcome="done") == 3
    assert counted("headway_records_total", outcome="failed") == 2
    assert counted("headway_handler_retries_total") == 1
    assert counted("headway_handler_seconds_count") == 3
    assert counted("headway_frames_total", outcome="committed") >= 1
    assert counted("headway_frame_seconds_count") == counted(
        "headway_frames_total", outcome="committed"
    )


def test_a_repeated_submission_is_counted_as_a_duplicate(cluster: FakeCluster) -> None:
    """By the first stage, which alone can tell."""
    # Given a job that is submitted twice
    before = REGISTRY.get_sample_value(
        "headway_records_total", {"stage": "p1", "outcome": "duplicate"}
    )
    cluster.give("p1", "twice", "twice")
    stage = cluster.stage("p1").start()

    # When both are through, then one was a duplicate
    stage.turn_until(lambda: cluster.committed("p1").get(0, (0, ""))[0] == 2)
    after = REGISTRY.get_sample_value(
        "headway_records_total", {"stage": "p1", "outcome": "duplicate"}
    )
    assert (after or 0) - (before or 0) == 1
    assert cluster.outputs("p1") == {"twice": 1}


def test_gauges_tell_what_is_in_hand(cluster: FakeCluster, name: str) -> None:
    """Partitions owned, jobs in flight and known, how far the newest is above the watermark."""
    # Given a stage with a slow job and quick ones behind it
    cluster.give(name, "slow", *jobs(4))
    stage = cluster.stage(name).start()
    stage.script.hold("slow")
    stage.turn_until(lambda: len(cluster.outputs(name)) == 4)
    stage.turn(3)

    # When its gauges are read, then they say so
    assert _gauge("headway_partitions", name) == 6
    assert _gauge("headway_in_flight", name) == 1
    assert _gauge("headway_watermark_span", name) == 5

    # When the slow one has ended too, then nothing is in hand
    stage.script.release()
    stage.turn_until(lambda: cluster.committed(name)[0][0] == 5)
    stage.turn(3)
    assert _gauge("headway_in_flight", name) == 0
    assert _gauge("headway_jobs_remembered", name) == 5
    assert _gauge("headway_watermark_span", name) == 0


def _gauge(metric: str, stage: str) -> float | None:
    return REGISTRY.get_sample_value(metric, {"stage": stage})
