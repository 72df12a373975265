"""Watchers cut at random moments, inside sendings too, who come back to another replica."""

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from support.status.events.sse import Event, Parser
from support.status.records import Records
from support.status.rig import Rig
from support.status.topics import Log, batch_of
from support.waiting import DEADLINE_SECONDS

from headway.edges.kafka import Message
from headway.wire.codec import Codec
from status.events import approach

JOBS = 30
STATUSES = ("PROCESS_1_RUNNING", "PROCESS_1_DONE", "PROCESS_2_RUNNING", "COMPLETED")
ORDER = ("QUEUED", *STATUSES)


@dataclass
class Replica:
    """One replica and what of the topics it has not read yet."""

    rig: Rig
    unread: list[Message] = field(default_factory=list)

    def read(self, count: int) -> None:
        """Apply the next *count* records and tell the hub."""
        taken, self.unread = self.unread[:count], self.unread[count:]
        if taken:
            change = self.rig.materializer.apply(batch_of(taken))
            self.rig.hub.publish(change, asyncio.get_running_loop())


class Roamer:
    """A watcher that is cut after a random number of events and goes to a random replica."""

    def __init__(self, replicas: list[Replica], rng: random.Random, job_id: str | None) -> None:
        self._replicas, self._rng, self._job_id = replicas, rng, job_id
        self._parser = Parser()
        self.events: list[Event] = []
        self.cuts = 0
        self.finished = asyncio.Event()

    async def run(self) -> None:
        while True:
            await self._visit(
                self._rng.choice(self._replicas).rig, self._rng.choice((1, 5, 17, 80))
            )
            self.cuts += 1
            # What stands in a broken block is lost, as in a browser.
            self._parser = Parser(self._parser.last_id)
            await asyncio.sleep(0.001)

    async def _visit(self, rig: Rig, most: int) -> None:
        with rig.hub.connect(self._job_id) as client:
            stream = (
                rig.feeds.one_job(client, self._job_id, self._parser.last_id or None)
                if self._job_id
                else rig.feeds.all_jobs(client, self._parser.last_id or None)
            )
            await self._read(stream, most)

    async def _read(self, stream: AsyncIterator[bytes], most: int) -> None:
        async for data in stream:
            for line in data.decode().split("\n")[:-1]:
                for event in self._parser.feed([line]):
                    self.events.append(event)
                    if has_seen_the_end(self.events, 1 if self._job_id else JOBS):
                        self.finished.set()
                    most -= 1
                if not most:
                    return


@pytest.fixture
def replicas(
    tmp_path: Path, log: Log, codec: Codec, monkeypatch: pytest.MonkeyPatch
) -> list[Replica]:
    # To a replica of this test, topics end where it has read to: no id of the other may be held
    # against that, however slow the machine.
    monkeypatch.setattr(approach, "_PATIENCE_SECONDS", DEADLINE_SECONDS)
    found = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        rig = Rig(tmp_path / name, log, codec)
        rig.begin()
        rig.catch_up()
        found.append(Replica(rig))
    return found


@pytest.mark.parametrize("seed", range(8))
def test_who_is_cut_anywhere_and_comes_back_to_another_replica_sees_no_job_go_back(
    replicas: list[Replica], records: Records, seed: int
) -> None:
    """One of the two lags; each id is waited for by who has not come as far."""
    # Given two replicas, and watchers of all jobs and of one
    rng = random.Random(seed)
    log = Log(records)
    roamers = [Roamer(replicas, rng, None) for _ in range(6)]
    roamers += [Roamer(replicas, rng, f"job-{number}") for number in range(6)]

    async def run() -> None:
        append(log, [f"job-{number}" for number in range(JOBS)], replicas, status=None)
        for replica in replicas:
            replica.read(JOBS)
        tasks = [asyncio.create_task(roamer.run()) for roamer in roamers]

        # When thirty jobs run to their ends, while watchers are cut and move between the replicas
        for status in STATUSES:
            names = [f"job-{number}" for number in range(JOBS)]
            rng.shuffle(names)
            for start in range(0, JOBS, 10):
                append(log, names[start : start + 10], replicas, status=status)
                await turn(replicas, rng)
        for replica in replicas:
            replica.read(len(replica.unread))
        async with asyncio.timeout(DEADLINE_SECONDS):
            for roamer in roamers:
                await roamer.finished.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(run())

    # Then no watcher was told of a reset or a loss, nor shown a job going back
    for roamer in roamers:
        assert [event.event for event in roamer.events if event.event in {"reset", "gone"}] == []
        assert backwards(roamer.events) == []
    assert sum(roamer.cuts for roamer in roamers) > len(roamers)


def append(log: Log, names: list[str], replicas: list[Replica], status: str | None) -> None:
    """Write one record a job; every replica has it to read."""
    for name in names:
        if status is None:
            log.submission(name)
        else:
            log.state(name, status)
        if status in {"PROCESS_1_RUNNING", "PROCESS_2_RUNNING"}:
            stage_index = 1 if status == "PROCESS_1_RUNNING" else 2
            base = 30 if stage_index == 1 else 70
            log.report(name, base + 7, stage_index=stage_index)
            log.report(name, base + 14, stage_index=stage_index)
    taken = log.take()
    for replica in replicas:
        replica.unread += taken


async def turn(replicas: list[Replica], rng: random.Random) -> None:
    """The first replica keeps up, the second lags; both read in bits."""
    ahead, behind = replicas
    while ahead.unread:
        ahead.read(rng.randint(1, 12))
        await asyncio.sleep(rng.choice((0, 0.001, 0.005)))
    while len(behind.unread) > rng.choice((20, 60)):
        behind.read(rng.randint(1, 12))
        await asyncio.sleep(rng.choice((0, 0.001, 0.005)))


def has_seen_the_end(events: list[Event], jobs: int) -> bool:
    """Whether the last that was told of each job is that it is done."""
    latest = {event.json()["job_id"]: event.json().get("status") for event in events}
    return len(latest) == jobs and set(latest.values()) == {"COMPLETED"}


def backwards(events: list[Event]) -> list[str]:
    """Where a job was shown older than before, its percent included."""
    faults, seen = [], dict[str, tuple[int, int]]()
    for event in events:
        if event.event != "job":
            continue
        job = event.json()
        now = (ORDER.index(job["status"]), job["progress"])
        if now < seen.get(job["job_id"], now):
            faults.append(f"{job['job_id']}: {seen[job['job_id']]} -> {now}")
        seen[job["job_id"]] = now
    return faults
