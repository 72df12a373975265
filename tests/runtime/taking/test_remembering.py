"""For how long a stage remembers what is over, and what it does with what is older."""

from typing import Any

import pytest
from prometheus_client import REGISTRY
from support.stages.stage_rig import FakeCluster, InProcessStage

from headway.base.clock import SystemClock
from headway.following.jobindex import JobIndex

_DAY_MS = 24 * 3600 * 1000


def _ago(cluster: FakeCluster, days: float) -> None:
    """What is written from now on is so many days old."""
    cluster.broker.set_time(SystemClock().now_ms() - round(days * _DAY_MS))


def _over(cluster: FakeCluster, name: str, *job_ids: str, days: float) -> None:
    """Jobs that came, and were over, so many days ago."""
    _ago(cluster, days)
    stage = cluster.stage(name, f"{days} days ago").start()
    cluster.give(name, *job_ids)
    stage.turn_until(lambda: all(_has_ended(cluster, job_id) for job_id in job_ids))
    stage.kill()


def _has_ended(cluster: FakeCluster, job_id: str) -> bool:
    return bool(cluster.states().get(job_id, {"step": 0})["step"])


def _now(cluster: FakeCluster, name: str, *job_ids: str, **settings: Any) -> InProcessStage:
    """A stage that begins now, and is given jobs and a last one, which it has done."""
    _ago(cluster, 0)
    stage = cluster.stage(name, "now", **settings).start()
    cluster.give(name, *job_ids, "last")
    stage.turn_until(lambda: stage.script.ended["last"])
    stage.turn_until(lambda: _has_ended(cluster, "last"))
    return stage


def _index(stage: InProcessStage) -> JobIndex:
    source = stage.consumer.member.topics[0]
    return stage.runner.assignment.owned[source, 0].jobs


def _duplicates(stage: str) -> float:
    labels = {"stage": stage, "outcome": "duplicate"}
    return REGISTRY.get_sample_value("headway_records_total", labels) or 0.0


def test_a_job_is_remembered_for_the_time_that_was_set(cluster: FakeCluster, name: str) -> None:
    """By an heir that reads no older states; what comes later under an old id is a new job."""
    # Given jobs that were over forty, twenty and two days ago
    for days in (40, 20, 2):
        _over(cluster, name, f"job-{days}", days=days)

    # When an heir that remembers thirty days is given all of them again
    before = _duplicates(name)
    stage = _now(cluster, name, "job-40", "job-20", "job-2")

    # Then it does the one that is too old, and has dropped and counted the others
    stage.turn_until(lambda: cluster.outputs(name)["job-40"] == 2)
    assert dict(stage.script.calls) == {"job-40": 1, "last": 1}
    assert _duplicates(name) - before == 2
    assert len(_index(stage)) == 4


@pytest.mark.parametrize(("days", "remembered"), [(10, ["job-2"]), (0, ["job-40", "job-2"])])
def test_the_time_is_a_setting_and_none_is_for_ever(
    cluster: FakeCluster, name: str, *, days: int, remembered: list[str]
) -> None:
    """Then all states are read, as many as there ever were."""
    # Given jobs that were over forty, and two days ago
    for each in (40, 2):
        _over(cluster, name, f"job-{each}", days=each)
    # When an heir with another setting is given them again
    stage = _now(cluster, name, "job-40", "job-2", duplicates_days=days)
    # Then it has dropped those it is told to remember
    assert {"job-40", "job-2"} - set(stage.script.calls) == set(remembered)


@pytest.mark.parametrize("forgotten", [False, True], ids=["moved back", "forgotten"])
def test_what_is_read_again_is_a_duplicate_however_old(
    cluster: FakeCluster, name: str, *, forgotten: bool
) -> None:
    """The index begins that much before the first record that is read."""
    # Given jobs that were over long before anything is remembered, and lately
    for days in (900, 400, 40, 2):
        _over(cluster, name, f"job-{days}", days=days)
    # When the group is moved back, or the cluster has forgotten it
    committed = cluster.broker.groups[name].committed
    source = cluster.catalog[cluster.pipeline.stage(name).source].name
    if forgotten:
        committed.clear()
    else:
        committed[source, 0] = (1, "")
    before = _duplicates(name)
    stage = _now(cluster, name)
    # Then nothing is done again, and all that were read are counted
    assert dict(stage.script.calls) == {"last": 1}
    assert _duplicates(name) - before == 3 + forgotten


def test_a_job_that_waits_since_before_the_time_runs_once(cluster: FakeCluster, name: str) -> None:
    """It was at work, and said so, forty days ago; jobs behind it were done since."""
    # Given a stage that died over a job, with others behind it that are done
    _ago(cluster, 41)
    stage = cluster.stage(name, "died").start()
    stage.script.hold("old")
    cluster.give(name, "old", "before")
    stage.turn_until(lambda: "old" in cluster.states() and _has_ended(cluster, "before"))
    _ago(cluster, 1)
    cluster.give(name, "lately")
    stage.turn_until(lambda: _has_ended(cluster, "lately"))
    stage.kill()

    # When an heir takes over, and is given all of them once more
    heir = _now(cluster, name, "old", "before", "lately")

    # Then it does that job alone, once
    assert dict(heir.script.calls) == {"old": 1, "last": 1}
    assert cluster.outputs(name)["before"] == 1


def test_a_submission_that_waits_is_compared_with_what_was_over_when_it_came(
    cluster: FakeCluster, name: str
) -> None:
    """A stage that was away for longer than it remembers has forgotten nothing by that."""
    # Given a job that was over 41 days ago, and came again a day later while nobody read
    _over(cluster, name, "job", days=41)
    _ago(cluster, 40)
    cluster.give(name, "job")
    # When a stage begins
    stage = _now(cluster, name)
    # Then that one is a duplicate
    assert dict(stage.script.calls) == {"last": 1}
