"""Jobs through real services; what each was told of its end, from submission to the end."""

import heapq
import itertools
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import httpx
from bench.planning.driven import sleeping_stages, watching
from bench.rig import process
from support.kafka.cluster import Cluster
from support.processes import free_port
from support.waiting import DEADLINE_SECONDS, wait_until

from headway.planning.load import StageLoad

#: Requests at once: a burst is to be one.
_HANDS = 16
#: Asked anew after such a part of what was said at first: close enough to read what is in between.
_PART = 1 / 7


class Heard(NamedTuple):
    """What was said to be left, if anything, and when, in s (since the epoch)."""

    at: float
    left: float | None


@dataclass
class Told:
    """What was said of one job; in s since the epoch."""

    submitted_at: float = 0.0
    at_submission: float | None = None
    heard: list[Heard] = field(default_factory=list)
    ended_at: float = 0.0

    @property
    def half_time(self) -> float:
        return (self.submitted_at + self.ended_at) / 2

    @property
    def at_half_time(self) -> float | None:
        """What was said at the true half of its time, between what was said before and after."""
        half = self.half_time
        for before, after in pairwise(self.heard):
            if before.at <= half < after.at:
                share = (half - before.at) / (after.at - before.at)
                return _between(before.left, after.left, share)
        return None


def _between(first: float | None, second: float | None, share: float) -> float | None:
    return None if first is None or second is None else first + share * (second - first)


@dataclass
class Asker:
    """Submits jobs at the gateway, and asks the status service of each until it is *over*."""

    gateway: httpx.Client
    status: httpx.Client
    over: Callable[[str], bool]
    told: dict[str, Told] = field(default_factory=dict)
    _due: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def run(self, arrivals: Sequence[float], works: Sequence[Sequence[float]]) -> None:
        """Submit a job at each moment, and go on until all that is to be asked was."""
        began = time.time() + 1.0
        for at, work in zip(arrivals, works, strict=True):
            title = " ".join(f"{seconds:.6f}" for seconds in work)
            self._at(began + at, lambda title=title: self._submit(title))  # type: ignore[misc]  # bound at once
        with ThreadPoolExecutor(_HANDS) as hands:
            running: list[Future[None]] = []
            while self._due or not all(one.done() for one in running):
                if self._due and self._due[0][0] <= time.time():
                    running.append(hands.submit(heapq.heappop(self._due)[2]))
                else:
                    time.sleep(0.005)
            for one in running:
                one.result()
        assert len(self.told) == len(arrivals)

    def _at(self, moment: float, call: Callable[[], None]) -> None:
        heapq.heappush(self._due, (moment, next(self._numbers), call))

    def _submit(self, title: str) -> None:
        told = Told(time.time())
        answer = self.gateway.post("/generate-file", json={"title": title, "content": "a"})
        answer.raise_for_status()
        job = answer.json()
        told.at_submission = job.get("eta_seconds")
        self.told[job["job_id"]] = told
        if told.at_submission is not None:
            told.heard.append(Heard(told.submitted_at, told.at_submission))
            self._ask_later(job["job_id"], told.at_submission * _PART)

    def _ask_later(self, job_id: str, seconds: float) -> None:
        self._at(time.time() + seconds, lambda: self._ask(job_id, seconds))

    def _ask(self, job_id: str, rest: float) -> None:
        if self.over(job_id):
            return
        asked_at, answer = time.time(), self.status.get(f"/jobs/{job_id}/status")
        if answer.status_code == httpx.codes.OK:
            self.told[job_id].heard.append(Heard(asked_at, answer.json()["eta_seconds"]))
        self._ask_later(job_id, rest)


def asked(
    bootstrap: str,
    stages: Sequence[StageLoad],
    arrivals: Sequence[float],
    works: Sequence[Sequence[float]],
) -> list[Told]:
    """What was told of every job, in no order, once all have ended."""
    cluster = Cluster(bootstrap)
    last = cluster.pipeline.stages[-1].name
    with sleeping_stages(cluster, stages), watching(cluster) as seen, _clients(cluster) as clients:
        asker = Asker(*clients, over=lambda job_id: job_id in seen.at[last])
        asker.run(arrivals, works)
        wait_until(lambda: len(seen.at[last]) >= len(arrivals), lambda: len(seen.at[last]))
    for job_id, told in asker.told.items():
        told.ended_at = seen.at[last][job_id]
    return list(asker.told.values())


@contextmanager
def _clients(cluster: Cluster) -> Iterator[tuple[httpx.Client, httpx.Client]]:
    """Of a gateway and of a status service."""
    with tempfile.TemporaryDirectory() as folder:
        port, status_port = free_port(), free_port()
        urls = [f"http://127.0.0.1:{number}" for number in (port, status_port)]
        settings = {"object_store_url": "memory://", "data_dir": Path(folder)}
        status = cluster.environment(**settings | {"http_port": status_port})
        gateway = cluster.environment(**settings | {"http_port": port, "status_api_url": urls[1]})
        with (
            process("status", environment={**os.environ, **status}),
            process("gateway", environment={**os.environ, **gateway}),
            httpx.Client(base_url=urls[0], timeout=DEADLINE_SECONDS) as to_gateway,
            httpx.Client(base_url=urls[1], timeout=DEADLINE_SECONDS) as to_status,
        ):
            wait_until(lambda: _ready(to_gateway) and _ready(to_status))
            yield to_gateway, to_status


def _ready(client: httpx.Client) -> bool:
    try:
        return client.get("/readyz").is_success
    except httpx.TransportError:
        return False
