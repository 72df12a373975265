"""SIGKILL at random moments, of every service, while 2,000 real jobs go through."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from support.cluster import Cluster
from support.history import Watcher
from support.processes import Service, free_port

from headway.objectstore import ObjectStore

pytestmark = [pytest.mark.broker, pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(420)]

_JOBS = [f"job-{index:04}" for index in range(2000)]
_SUBMIT_SECONDS = 30.0
_DEADLINE_SECONDS = 300.0
_SEED = 20260704


def test_2000_jobs_survive_kills_of_every_service_exactly_once_and_watched_without_a_gap(
    cluster: Cluster, start: Callable[..., Service], tmp_path: Path
) -> None:
    """Every job completes, has one output, ends COMPLETED; no watcher sees a step back."""
    # Given the whole pipeline, and watchers of all jobs and of single ones
    port = free_port()
    services = [start("p1"), start("p2"), start("status", http_port=port)]
    for service, event in zip(services, ("stage.started", "stage.started", None), strict=True):
        if event:
            service.wait_for_event(event)
    base = f"http://127.0.0.1:{port}"
    first, second = Watcher(f"{base}/events"), Watcher(f"{base}/events")
    singles = [
        Watcher(f"{base}/jobs/{job_id}/events", begin=partial(first.latest.__contains__, job_id))
        for job_id in _JOBS[::250]
    ]
    watchers = [first, second, *singles]
    chance = random.Random(_SEED)

    # When jobs come in over half a minute and services are killed at random moments
    submitting = threading.Thread(target=_submit_slowly, args=(cluster,))
    submitting.start()
    with _all(watchers):
        kills = _kill_until_done(services, watchers[0], chance)
        submitting.join()
        _wait_for_watchers(watchers)

    # Then enough was killed for the test to mean something
    assert all(kills[service.module] >= 2 for service in services), kills

    # And every job has exactly one output of each stage, and its newest state is COMPLETED
    once = {job_id.encode(): 1 for job_id in _JOBS}
    assert Counter(record.key for record in cluster.read("jobs.p1-done")) == once
    assert Counter(record.key for record in cluster.read("jobs.completed")) == once
    newest = Counter(state["status"] for state in cluster.newest_states().values())
    assert newest == {"COMPLETED": len(_JOBS)}
    assert not cluster.read("p1.dlq")
    assert not cluster.read("p2.dlq")

    # And no watcher saw a job go backwards or missed its last state
    assert [fault for watcher in watchers for fault in watcher.faults] == []
    assert [watcher.completed() for watcher in watchers[:2]] == [len(_JOBS)] * 2
    assert [watcher.completed() for watcher in watchers[2:]] == [1] * len(watchers[2:])
    assert all(watcher.client.breaks >= kills["status"] for watcher in watchers[:2])

    # And the files are there
    store = ObjectStore.open(f"file://{tmp_path}/objects")
    for state in list(cluster.newest_states().values())[::200]:
        assert [store.size(f["key"]) for f in state["result"]] == [
            f["size_bytes"] for f in state["result"]
        ]


class _all:  # noqa: N801 - reads as a word in a with statement
    """Enter every watcher, leave every watcher."""

    def __init__(self, watchers: list[Watcher]) -> None:
        self._watchers = watchers

    def __enter__(self) -> None:
        for watcher in self._watchers:
            watcher.__enter__()

    def __exit__(self, *_: object) -> None:
        for watcher in self._watchers:
            watcher.__exit__()


def _submit_slowly(cluster: Cluster) -> None:
    pause = _SUBMIT_SECONDS / len(_JOBS) * 50
    for start in range(0, len(_JOBS), 50):
        for job_id in _JOBS[start : start + 50]:
            content = f"name,amount\n{job_id},{start}\nother,{start + 1}\nthird,7\n".encode()
            value = cluster.submission(job_id, title=f"{job_id}.csv", content=content)
            cluster.produce("jobs.submitted", key=job_id.encode(), value=value)
        cluster.flush()
        time.sleep(pause)


def _kill_until_done(
    services: list[Service], watcher: Watcher, chance: random.Random
) -> Counter[str]:
    """Kill and restart one service after another; how often each was killed."""
    kills: Counter[str] = Counter()
    deadline = time.monotonic() + _DEADLINE_SECONDS
    while watcher.completed() < len(_JOBS) * 0.97 or min(kills[s.module] for s in services) < 2:
        assert time.monotonic() < deadline, f"{watcher.completed()} completed; kills: {kills}"
        time.sleep(chance.uniform(0.5, 4.0))
        victim = chance.choice(services)
        victim.kill()
        kills[victim.module] += 1
        time.sleep(chance.uniform(0.0, 0.5))
        victim.start()
    return kills


def _wait_for_watchers(watchers: list[Watcher]) -> None:
    deadline = time.monotonic() + 120
    wanted = [len(_JOBS)] * 2 + [1] * (len(watchers) - 2)
    while [watcher.completed() for watcher in watchers] != wanted:
        found = [watcher.completed() for watcher in watchers]
        assert time.monotonic() < deadline, f"completed as seen by each watcher: {found}"
        time.sleep(0.2)
