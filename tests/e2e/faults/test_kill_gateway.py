"""SIGKILL and SIGTERM of the gateway while clients submit and repeat what was not answered."""

import itertools
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from support.kafka.cluster import Cluster
from support.processes import Service, free_port
from support.waiting import DEADLINE_SECONDS, wait_until

pytestmark = [pytest.mark.broker, pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(420)]

CLIENTS = 8
#: How often the gateway is ended, and how many keys are answered meanwhile; more than those that
#: were answered by the life before and are noted late.
LIVES = 8
KEYS_A_LIFE = CLIENTS + 8
#: What a client may be told while the gateway comes and goes; anything else is a fault.
RETRIABLE = {409, 503}


@dataclass
class Clients:
    """Each key is submitted until it is accepted, then once more; what was answered is kept.

    There is always another key until it is `enough`.
    """

    url: str
    enough: threading.Event = field(default_factory=threading.Event)
    answers: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    broken: Counter[str] = field(default_factory=Counter)

    def submit(self, own: int) -> None:
        """Keys of this client's own, one after the other."""
        with httpx.Client(base_url=self.url, timeout=DEADLINE_SECONDS) as client:
            for number in itertools.count(own, CLIENTS):
                if self.enough.is_set():
                    return
                key = f"key-{number:04}"
                first, again = self._until_accepted(client, key), self._until_accepted(client, key)
                self.answers[key] = [first, again]

    def wait_for_more(self, count: int) -> None:
        """Until so many more keys are answered."""
        before = len(self.answers)
        wait_until(
            lambda: len(self.answers) >= before + count,
            lambda: f"{len(self.answers)} keys; {self.broken}",
        )

    def _until_accepted(self, client: httpx.Client, key: str) -> dict[str, Any]:
        return wait_until(lambda: self._attempt(client, key), lambda: dict(self.broken))

    def _attempt(self, client: httpx.Client, key: str) -> dict[str, Any]:
        """The answer, empty if it was not accepted."""
        # Every third is too large for its record and goes by way of the store.
        rows = 20_000 if int(key[-4:]) % 3 == 0 else 20
        files = {"file": (f"{key}.csv", b"name,amount\n" + f"{key},7\n".encode() * rows)}
        try:
            answer = client.post("/generate-file", files=files, headers={"Idempotency-Key": key})
        except httpx.TransportError as error:
            self.broken[type(error).__name__] += 1
            return {}
        if answer.status_code == httpx.codes.ACCEPTED:
            accepted: dict[str, Any] = answer.json()
            return accepted
        self.broken[str(answer.status_code)] += 1
        if answer.status_code not in RETRIABLE:
            self.faults.append(f"{key}: {answer.status_code} {answer.text}")
        return {}


def test_every_key_is_one_job_while_the_gateway_is_killed_and_ended(
    cluster: Cluster, start: Callable[..., Service]
) -> None:
    """No 202 without its record, no key with two jobs, no job unasked for; each is done once."""
    # Given a gateway, the first stage, and clients that repeat until they are answered
    port = free_port()
    gateway = start("gateway", http_port=port, claim_seconds=1)
    start("p1")
    clients = Clients(f"http://127.0.0.1:{port}")

    # When the gateway is killed and told to end again and again as they go on
    with _submitting(clients):
        _end_it_again_and_again(gateway, clients)

    # Then there were requests under way each time, and nothing was answered that may not be
    assert clients.broken.total() >= LIVES, clients.broken
    assert clients.faults == []

    # And each key has one job, and no two keys share one
    jobs = {key: {answer["job_id"] for answer in told} for key, told in clients.answers.items()}
    assert len(jobs) >= LIVES * KEYS_A_LIFE
    assert [key for key, ids in jobs.items() if len(ids) != 1] == []
    names = {job_id for ids in jobs.values() for job_id in ids}
    assert len(names) == len(jobs)

    # And every acknowledged place holds that job; what else was written belongs to these jobs too
    records = {(r.partition, r.offset): r.key for r in cluster.read("jobs.submitted")}
    for told in clients.answers.values():
        for answer in told:
            place = (answer["position"]["partition"], answer["position"]["offset"])
            assert records[place] == answer["job_id"].encode()
    assert set(records.values()) == {name.encode() for name in names}

    # And the first stage makes one of each, whichever attempt's file it reads
    cluster.wait_for_states(names, "PROCESS_1_DONE", seconds=DEADLINE_SECONDS)
    outputs = Counter(record.key for record in cluster.read("jobs.p1-done"))
    assert outputs == {name.encode(): 1 for name in names}


@contextmanager
def _submitting(clients: Clients) -> Iterator[None]:
    """All clients at once, each until it has its answers."""
    with ThreadPoolExecutor(CLIENTS) as threads:
        sent = [threads.submit(clients.submit, own) for own in range(CLIENTS)]
        try:
            yield
        finally:
            clients.enough.set()
        for share in sent:
            share.result()


def _end_it_again_and_again(gateway: Service, clients: Clients) -> None:
    """One way and the other, each time when that life has answered."""
    chance = random.Random(20261124)
    for number in range(LIVES):
        clients.wait_for_more(KEYS_A_LIFE)
        # A moment later: anywhere in the requests that are under way.
        threading.Event().wait(chance.uniform(0, 0.05))
        if number % 2:
            assert gateway.stop() == 0, gateway.tail()
        else:
            gateway.kill()
        gateway.start()
