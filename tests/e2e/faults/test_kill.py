"""SIGKILL of every service, again and again, while 2,000 real jobs go through."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import httpx
import pytest
from support.audit import faults
from support.kafka.cluster import Cluster
from support.processes import Service, free_port
from support.status.history import Watcher
from support.waiting import DEADLINE_SECONDS, wait_until

from headway.declared.pipeline import Pipeline
from headway.edges.objectstore import ObjectStore

pytestmark = [pytest.mark.broker, pytest.mark.e2e, pytest.mark.slow]

_JOBS = 2000
#: Every fourth job comes through the gateway, the others from a producer of their own.
_NUMBERS = range(_JOBS)
_BY_GATEWAY = range(0, _JOBS, 4)
#: Jobs with a watcher of their own; none is the gateway's, which would choose its job_id.
_SINGLES = range(1, _JOBS, 250)
#: Submissions wait while so many jobs are under way, so that there is work whenever one is killed.
_UNDER_WAY = 300
#: A service is killed each time about so many more jobs have completed.
_COMPLETIONS = (80, 160)
_SEED = 20260704


def test_2000_jobs_survive_kills_of_every_service_exactly_once_and_watched_without_a_gap(
    cluster: Cluster, start: Callable[..., Service], tmp_path: Path
) -> None:
    """Every job completes, has one output, ends COMPLETED; no watcher sees a step back."""
    # Given the whole pipeline, and watchers of all jobs and of single ones
    status, gateway = free_port(), free_port()
    services = _pipeline(start, status=status, gateway=gateway)
    watchers = _watchers(f"http://127.0.0.1:{status}")
    first = watchers[0]

    # When jobs come in as others are done, and services are killed as work goes on
    submissions = _Submissions(cluster, f"http://127.0.0.1:{gateway}", first.completed)
    with ExitStack() as entered:
        for watcher in watchers:
            entered.enter_context(watcher)
        submissions.start()
        kills = _kill_until_done(services, first)
        jobs = submissions.join()
        _wait_for_watchers(watchers)

    # Then enough was killed for the test to mean something
    assert all(kills[service.module] >= 2 for service in services), kills

    # And every job has exactly one output of each stage, and its newest state is COMPLETED
    for stage in cluster.pipeline.stages:
        assert cluster.outputs(stage.name) == Counter(jobs)
        assert not cluster.read(stage.dead_letters)
    newest = Counter(state["status"] for state in cluster.newest_states().values())
    assert newest == {"COMPLETED": _JOBS}
    assert faults(cluster, jobs) == []

    # And no watcher saw a job go backwards or missed its last state
    assert [fault for watcher in watchers for fault in watcher.faults] == []
    assert [watcher.completed() for watcher in watchers[:2]] == [_JOBS] * 2
    assert [watcher.completed() for watcher in watchers[2:]] == [1] * len(_SINGLES)
    assert all(watcher.client.breaks >= kills["status"] for watcher in watchers[:2])

    # And the files are there
    _assert_files(cluster, ObjectStore.open(f"file://{tmp_path}/objects"))


def _assert_files(cluster: Cluster, store: ObjectStore) -> None:
    """Every file a state names has its size in the store; looked at for every 200th job."""
    for state in list(cluster.newest_states().values())[::200]:
        files = state["result"]
        assert [store.size(file["key"]) for file in files] == [file["size_bytes"] for file in files]


def _pipeline(start: Callable[..., Service], *, status: int, gateway: int) -> list[Service]:
    """All services, the stages at work."""
    services = [
        *(start(stage.name) for stage in Pipeline.load().stages),
        start("status", http_port=status),
        start("gateway", http_port=gateway, claim_seconds=1),
    ]
    for stage in services[:-2]:
        stage.wait_for_event("stage.started")
    return services


def _watchers(base: str) -> list[Watcher]:
    """Two of all jobs, and one of each single job, which begins once the first knows it."""
    first, second = Watcher(f"{base}/events"), Watcher(f"{base}/events")
    singles = [
        Watcher(f"{base}/jobs/{job_id}/events", begin=partial(first.latest.__contains__, job_id))
        for job_id in map(_name, _SINGLES)
    ]
    return [first, second, *singles]


class _Submissions:
    """Submits every job in a thread of its own, and only as fast as jobs are done."""

    def __init__(self, cluster: Cluster, gateway: str, completed: Callable[[], int]) -> None:
        self._cluster = cluster
        self._gateway = gateway
        self._completed = completed
        self._jobs: list[str] = []
        self._thread = threading.Thread(target=self._submit, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def join(self) -> list[str]:
        """Wait until all are submitted; their job ids."""
        self._thread.join(DEADLINE_SECONDS)
        assert len(self._jobs) == _JOBS, f"only {len(self._jobs)} were submitted"
        return self._jobs

    def _submit(self) -> None:
        with httpx.Client(base_url=self._gateway, timeout=DEADLINE_SECONDS) as client:
            for number in _NUMBERS:
                if number % 50 == 0:
                    self._cluster.flush()
                    wait_until(partial(self._has_room, number), self._completed)
                self._jobs.append(self._submitted(client, number))
        self._cluster.flush()

    def _has_room(self, submitted: int) -> bool:
        return submitted - self._completed() <= _UNDER_WAY

    def _submitted(self, client: httpx.Client, number: int) -> str:
        content = f"name,amount\njob {number},{number}\nother,{number + 1}\nthird,7\n".encode()
        job_id = _name(number)
        if number in _BY_GATEWAY:
            return wait_until(partial(_post, client, job_id, content))
        value = self._cluster.submission(job_id, title=f"{job_id}.csv", content=content)
        self._cluster.produce("jobs.submitted", key=job_id.encode(), value=value)
        return job_id


def _post(client: httpx.Client, key: str, content: bytes) -> str | None:
    """The job id the gateway gave; None if it has to be asked again, under the same key."""
    files, headers = {"file": (f"{key}.csv", content)}, {"Idempotency-Key": key}
    try:
        answer = client.post("/generate-file", files=files, headers=headers)
    except httpx.TransportError:
        return None
    return str(answer.json()["job_id"]) if answer.status_code == httpx.codes.ACCEPTED else None


def _kill_until_done(services: list[Service], watcher: Watcher) -> Counter[str]:
    """Kill one service after another as jobs complete; how often each was killed."""
    chance = random.Random(_SEED)
    kills: Counter[str] = Counter()
    victims = _in_turns(services, chance)
    at = 0
    while (at := at + chance.randint(*_COMPLETIONS)) < _JOBS:
        wait_until(partial(_reached, watcher, at), partial(_told, watcher, services))
        time.sleep(chance.uniform(0.0, 0.3))  # at any moment of the work, not at a completion
        victim = next(victims)
        victim.kill()
        kills[victim.module] += 1
        time.sleep(chance.uniform(0.0, 0.5))  # for others to notice that it is gone, or not to
        victim.start()
    return kills


def _in_turns(services: list[Service], chance: random.Random) -> Iterator[Service]:
    """Each of them once, in a random order, again and again."""
    while True:
        yield from chance.sample(services, len(services))


def _reached(watcher: Watcher, count: int) -> bool:
    return watcher.completed() >= count


def _told(watcher: Watcher, services: list[Service]) -> str:
    tails = "\n".join(service.tail() for service in services)
    return f"{watcher.completed()} completed\n{tails}"


def _wait_for_watchers(watchers: list[Watcher]) -> None:
    wanted = [_JOBS] * 2 + [1] * (len(watchers) - 2)

    def found() -> list[int]:
        return [watcher.completed() for watcher in watchers]

    wait_until(lambda: found() == wanted, lambda: f"completed as seen by each: {found()}")


def _name(number: int) -> str:
    return f"job-{number:04}"
