"""The audit of a living cluster: what its users see of a real run, and of what was done to it."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.kafka.cluster import Cluster, Record
from support.processes import Service, free_port
from support.waiting import wait_until

from headway.edges import kafka

pytestmark = [pytest.mark.broker, pytest.mark.e2e]

_GOOD, _BAD = 40, 5
_LATER = [f"later-{n}" for n in range(5)]
#: For deleting records: up to the high watermark.
_TO_THE_END = -1
_REPOSITORY = Path(__file__).parents[2]


def _audit(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "headway.auditing", *arguments],
        env={**os.environ, **environment},
        cwd=_REPOSITORY,
        capture_output=True,
        check=False,
        text=True,
        timeout=120,
    )


def _judged(cluster: Cluster, *arguments: str) -> tuple[int, dict[str, Any]]:
    done = _audit(cluster.environment(), "--settle", "0s", "--json", *arguments)
    assert done.returncode in {0, 1}, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return done.returncode, told


def test_an_audit_says_with_counts_that_all_was_kept_and_then_what_was_not(
    cluster: Cluster, start: Callable[..., Service]
) -> None:
    """A real run is clean, jobs on their way are no fault; an output written twice is one."""
    # Given stages at work, of which the second is ended when all is done
    _work(cluster, start)

    # When more jobs come, and it is audited
    cluster.submit(["late-1", "late-2"], title="ok")
    cluster.wait_for_states(["late-1", "late-2"], "PROCESS_1_DONE")
    code, told = _judged(cluster, "--since", "1h")

    # Then all is well, and every job is where it is
    assert (code, told["findings"], told["notes"]) == (0, [], [])
    completed = _GOOD + len(_LATER)
    where = {"COMPLETED": completed, "FAILED": _BAD, "handed over to p2": 2, "CANCELLED": 1}
    assert told["jobs"]["by_place"] == where
    facts = told["facts"]
    assert (facts["duplicate submissions"], facts["outputs of p2"]) == (3, completed)
    assert (facts["redrives accepted"], facts["redrives refused"]) == (2, 1)
    assert facts["dead letters of p2"] == _BAD + 1
    assert facts["times put off"] == len(_LATER) + 1

    # And when somebody writes an output again, it is found where it lies
    output = _write_again(cluster, "jobs.p2-done", b"good-0")
    code, told = _judged(cluster)
    assert code == 1
    (finding,) = told["findings"]
    assert (finding["kind"], finding["job_id"], finding["count"]) == ("output-twice", "good-0", 2)
    assert {place["offset"] for place in finding["places"]} > {output.offset}

    # And what was trimmed is missed by nobody
    _trim(cluster, "jobs.p1-done")
    code, told = _judged(cluster)
    assert (code, told["findings_by_kind"]) == (1, {"output-twice": 1})

    # And one who looks at once is told that the job moves, in words
    done = _audit(cluster.environment(), "--settle", "1h")
    assert done.returncode == 0
    assert "jobs moved in the last 3600 s" in done.stdout


def _work(cluster: Cluster, start: Callable[..., Service]) -> None:
    """Good jobs, some submitted twice, some tried again later, and bad ones; all come to rest.

    One of the bad is sent back, twice over, another too late; one job is cancelled before it comes.
    Then the second stage is ended.
    """
    stages = [start(f"support.stages.scripted_stage {name}") for name in ("p1", "p2")]
    good = [f"good-{n}" for n in range(_GOOD)]
    bad = [f"bad-{n}" for n in range(_BAD)]
    cluster.submit([*good, *good[:3]], title="ok")
    cluster.submit(_LATER, title="p2:transient:5")
    cluster.submit(bad, title="p2:permanent:never")
    _command(cluster, "cancel", "unwanted")
    cluster.submit(["unwanted"], title="sleep:0.2")
    cluster.wait_for_states(bad, "FAILED")
    for attempt in (1, 1, 7):
        _command(cluster, "retry", bad[0], attempt=attempt, stage="p2")
    wait_until(lambda: len(cluster.read("command-results")) == 3)
    wait_until(lambda: _told(cluster, bad[0]) == ("FAILED", 2), lambda: _told(cluster, bad[0]))
    cluster.wait_for_states([*good, *_LATER], "COMPLETED")
    cluster.wait_for_states(["unwanted"], "CANCELLED")
    stages[1].close()


def _told(cluster: Cluster, job_id: str) -> tuple[str, int]:
    state = cluster.newest_states()[job_id]
    return state["status"], state["attempt"]


def _command(
    cluster: Cluster, kind: str, job_id: str, *, attempt: int = 1, stage: str = ""
) -> None:
    told = {"command_id": uuid.uuid4().hex, "kind": kind, "by": "an operator"}
    value = {**told, "job_id": job_id, "attempt": attempt, "stage": stage}
    encoded = cluster.codec.encode("job-command", value)
    cluster.produce("job-commands", key=job_id.encode(), value=encoded)
    cluster.flush()


def _write_again(cluster: Cluster, topic: str, key: bytes) -> Record:
    """The record of *topic* under *key* once more; the first one."""
    first = next(record for record in cluster.read(topic) if record.key == key)
    cluster.produce(topic, key=key, value=first.value, partition=first.partition)
    cluster.flush()
    return first


def _trim(cluster: Cluster, topic: str) -> None:
    """Remove every record of *topic* (logical name), as operators do with what is done."""
    name, count = cluster.catalog[topic].name, cluster.catalog[topic].partitions
    places = [kafka.TopicPartition(name, index, _TO_THE_END) for index in range(count)]
    admin = kafka.admin_client(cluster.options)
    for answer in admin.delete_records(places).values():
        answer.result(30)


def test_what_cannot_be_read_is_said_and_is_no_finding(cluster: Cluster) -> None:
    """No broker, no topics, an environment that does not fit: exit code 2, and what to do."""
    # Given a cluster that is not there, a prefix under which nothing is, and no settings
    away = {"KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{free_port()}"}
    elsewhere = cluster.environment() | {"TOPIC_PREFIX": "nobody."}

    # When each is audited
    done = [_audit(environment) for environment in (away, elsewhere, {})]

    # Then none is clean, and none has findings
    assert [each.returncode for each in done] == [2, 2, 2]
    assert "the cluster:" in done[0].stderr
    assert "headway.provision" in done[1].stderr
    assert "KAFKA_BOOTSTRAP_SERVERS" in done[2].stderr
