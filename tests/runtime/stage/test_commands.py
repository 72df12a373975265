"""Commands on a real broker, to a stage with worker processes: sent back, ended while it works."""

from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from support.kafka.cluster import Cluster
from support.processes import Service
from support.waiting import DEADLINE_SECONDS, wait_until

pytestmark = [pytest.mark.broker, pytest.mark.e2e]

_LONG = {"isolated": 1, "handler_seconds": 10 * DEADLINE_SECONDS}


def _command(cluster: Cluster, kind: str, job_id: str, attempt: int, number: int = 0) -> None:
    command = {
        "command_id": f"{kind}-{job_id}-{attempt}-{number}",
        "kind": kind,
        "job_id": job_id,
        "attempt": attempt,
        "stage": "p1" if kind == "retry" else "",
        "by": "a test",
    }
    value = cluster.codec.encode("job-command", command)
    cluster.produce("job-commands", key=job_id.encode(), value=value)


def _results(cluster: Cluster) -> dict[str, bool]:
    return {told["command_id"]: told["accepted"] for told in cluster.decoded("command-results")}


def test_a_handler_that_never_looks_up_is_ended_by_a_cancel(
    cluster: Cluster, start_stage: Callable[..., Service]
) -> None:
    """Its process is ended, its slot is free for the next job, and nothing is told of it."""
    # Given a stage with one worker, whose job turns in circles for ever, and one that waits
    start_stage("p1", "cancelled", concurrency=1, **_LONG)
    cluster.submit(["endless"], title="spin")
    cluster.wait_for_states(["endless"], "PROCESS_1_RUNNING")
    cluster.submit(["next"], title="ok")

    # When it is cancelled, then it is, and the next one is done
    _command(cluster, "cancel", "endless", 1)
    cluster.flush()
    cluster.wait_for_states(["endless"], "CANCELLED")
    cluster.wait_for_states(["next"], "PROCESS_1_DONE")
    assert cluster.outputs("p1")["endless"] == 0
    assert cluster.read("p1.dlq") == []


def test_what_failed_is_sent_back_once_while_its_stage_is_killed(
    cluster: Cluster, start_stage: Callable[..., Service], tmp_path: Path
) -> None:
    """Each command has one effect, however often it is given and whoever dies meanwhile."""
    # Given jobs that failed, since what they need was away for longer than they are tried
    need = tmp_path / "mended"
    jobs = [f"failed-{number}" for number in range(12)]
    stage = start_stage("p1", "redriven", retry_tries=0)
    cluster.submit(jobs, title=f"unless:{need}")
    cluster.wait_for_states(jobs, "FAILED")

    # When that is there, each is sent back twice, and the stage is killed in between
    need.touch()
    _send_back(cluster, jobs, number=0)
    wait_until(lambda: _results(cluster), lambda: _results(cluster))
    stage.kill()
    _send_back(cluster, jobs, number=1)
    stage.start()

    # Then each is done as its second attempt, once, and every command was accepted
    cluster.wait_for_states(jobs, "PROCESS_1_DONE")
    wait_until(lambda: len(_results(cluster)) == 2 * len(jobs), lambda: _results(cluster))
    assert set(_results(cluster).values()) == {True}
    outputs = Counter({job: n for job, n in cluster.outputs("p1").items() if job in jobs})
    assert outputs == Counter(jobs)
    states = cluster.newest_states()
    assert {states[job]["attempt"] for job in jobs} == {2}
    opened = [s for s in cluster.decoded("job-state") if s["job_id"] in jobs and s["attempt"] == 2]
    assert Counter(s["job_id"] for s in opened if s["status"] == "RETRY_SCHEDULED") == Counter(jobs)


def _send_back(cluster: Cluster, jobs: Iterable[str], *, number: int) -> None:
    for job in jobs:
        _command(cluster, "retry", job, 1, number)
    cluster.flush()
