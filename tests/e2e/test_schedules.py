"""What is to happen at a time, with stages that do it: later, again, in a window, by hand."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.kafka.cluster import Cluster
from support.processes import Service
from support.waiting import wait_until

pytestmark = [pytest.mark.broker, pytest.mark.e2e, pytest.mark.slow]

_RULES = """
rules:
  - {name: away, kind: rerun, about: x, after: [1 s], within: 1 h}
  - {name: daily, kind: submit, about: x, at: "@daily", job: {title: ok, text: "a,b"}}
"""
_LATER_MS = 5000


def _submit(cluster: Cluster, job_id: str, title: str = "ok", **fields: Any) -> None:
    value = {"title": title, "delimiter": None, "source": {"content": b"a,b\n1,2\n"}, **fields}
    data = cluster.codec.encode("job-submitted", {"job_id": job_id, **value})
    cluster.produce("jobs.submitted", key=job_id.encode(), value=data)
    cluster.flush()


def _order(cluster: Cluster, rule: str, kind: str) -> None:
    """What somebody wants of a rule, in every lane."""
    at = int(time.time() * 1000)
    value = {"command_id": f"{kind}-{rule}", "rule": rule, "kind": kind, "by": "me", "at": at}
    data = cluster.codec.encode("schedule-command", value)
    for lane in range(cluster.catalog["schedule-commands"].partitions):
        cluster.produce("schedule-commands", key=rule.encode(), value=data, partition=lane)
    cluster.flush()


def _closed(cluster: Cluster) -> bool:
    """Whether the window of p2 is told closed in all lanes."""
    newest = {record.partition: record.value for record in cluster.read("stage-windows")}
    told = [cluster.codec.decode(value, "stage-window") for value in newest.values()]
    lanes = cluster.catalog["stage-windows"].partitions
    return len(told) == lanes and not any(each["open"] for each in told)


def test_jobs_begin_later_again_in_a_window_and_by_a_crontab(
    cluster: Cluster, start: Callable[..., Service], tmp_path: Path
) -> None:
    """The scheduler commands, and the stages that hold the jobs do it."""
    # Given stages, a scheduler, and a window that somebody has closed
    rules = tmp_path / "schedules.yaml"
    rules.write_text(_RULES, encoding="utf-8")
    for stage in cluster.pipeline.stages:
        start(f"support.stages.scripted_stage {stage.name}", retry_tries=0)
    scheduler = start("scheduler", schedules_file=rules)
    _order(cluster, "window-p2", "stop")
    wait_until(lambda: _closed(cluster))

    # When a job is for later, one fails, one waits for the window, and one is wanted now
    not_before = int(time.time() * 1000) + _LATER_MS
    _submit(cluster, "later", not_before=not_before)
    _submit(cluster, "fails", "p2:transient:4")
    _submit(cluster, "off-peak", tags=["off-peak"])
    _order(cluster, "daily", "run")
    held = cluster.wait_for_states(["off-peak"], "SCHEDULED")["off-peak"]
    assert held["held"] == "window"
    _order(cluster, "window-p2", "run")

    # Then all are done: each at its time, the one that failed in its second attempt
    states = cluster.wait_for_states(["later", "fails", "off-peak"], "COMPLETED")
    began = [s["at"] for s in states["later"]["timeline"] if s["status"] == "PROCESS_1_RUNNING"]
    assert began[0] >= not_before
    assert states["fails"]["attempt"] == 2
    (daily,) = [job for job in cluster.newest_states() if job.startswith("daily-")]
    cluster.wait_for_states([daily], "COMPLETED")

    # And the scheduler ends in order
    assert scheduler.stop() == 0
