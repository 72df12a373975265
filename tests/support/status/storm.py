"""Two replicas behind a switching proxy, killed, stopped, wiped, while jobs flow and are watched.

What must hold for every reader of events, whatever happens to it: no job is older than what it has
seen, none is gone, nothing is forgotten, and in the end it knows the end of every job it watches.
`python -m support.status.storm` is the long form, `test_storm.py` the short one.
"""

import argparse
import asyncio
import json
import random
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from support.kafka.cluster import Cluster
from support.status.records import Records
from support.status.roaming import Roamer, Roamers
from support.status.service import StatusService, Writer, Written
from support.status.switching_proxy import SwitchingProxy
from support.waiting import DEADLINE_SECONDS

from localkafka import running_broker

#: Jobs at work at once; what one transaction carries, as a frame of a stage does.
_AT_ONCE: Final = 200
_FRAME: Final = 40
#: One in so many readers watches all jobs.
_ONE_OF: Final = 15
_BASES: Final = {1: 30, 2: 70}


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How large a storm is."""

    jobs: int
    watchers: int
    seconds: float
    seed: int


@dataclass(slots=True)
class Outcome:
    """What came of it."""

    faults: list[str] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)
    events: int = 0
    visits: int = 0
    cuts: int = 0
    waits: int = 0
    refusals: int = 0
    kills: int = 0
    stops: int = 0
    slow: int = 0
    wipes: int = 0
    ends: int = 0


class Flow:
    """Writes the lives of jobs as stages do; `ends` is how each has ended."""

    def __init__(self, cluster: Cluster, form: Form) -> None:
        self._cluster, self._form = cluster, form
        self._records = Records(cluster.codec)
        self._rng = random.Random(form.seed)
        self._writer = Writer(cluster)
        self.submitted: list[str] = []
        self.ends: dict[str, str] = {}

    def write(self) -> None:
        """All of them; blocks for about the seconds of the form."""
        began = time.monotonic()
        names = iter([f"job-{number}" for number in range(self._form.jobs)])
        living: dict[str, Iterator[Written]] = {}
        while len(self.ends) < self._form.jobs:
            room = min(_FRAME, _AT_ONCE - len(living))
            self._submit(list(islice(names, room)), living)
            self._step(living)
            share = len(self.ends) / self._form.jobs
            time.sleep(max(0.0, min(0.5, began + share * self._form.seconds - time.monotonic())))

    def _submit(self, names: list[str], living: dict[str, Iterator[Written]]) -> None:
        if not names:
            return
        self._writer.commit(
            *(Written("jobs.submitted", name, self._records.submission(name)) for name in names)
        )
        living.update((name, self._life(name)) for name in names)
        self.submitted += names

    def _step(self, living: dict[str, Iterator[Written]]) -> None:
        chosen = self._rng.sample(sorted(living), min(_FRAME, len(living)))
        said = {name: next(living[name], None) for name in chosen}
        frame = [written for written in said.values() if written and written.topic == "job-state"]
        if frame:
            self._writer.commit(*frame)
        for written in said.values():
            if written and written.topic == "job-progress":
                self._cluster.produce("job-progress", key=written.key.encode(), value=written.value)
        self._cluster.flush()
        for name in [name for name, written in said.items() if written is None]:
            del living[name]

    def _life(self, name: str) -> Iterator[Written]:
        records, rng = self._records, self._rng
        for stage, base in _BASES.items():
            reached = base
            for _ in range(rng.choice((1, 1, 1, 2))):  # a stage may start over
                state = records.state(name, f"PROCESS_{stage}_RUNNING")
                yield Written("job-state", name, state)
                for _ in range(rng.randrange(3)):
                    reached = max(reached, base + rng.randrange(19))
                    report = records.report(name, reached, stage_index=stage)
                    yield Written("job-progress", name, report)
            if rng.random() < 0.05:
                value = records.state(name, "FAILED", stage_index=stage, progress=reached)
                yield Written("job-state", name, value)
                self.ends[name] = "FAILED"
                return
            status = "PROCESS_1_DONE" if stage == 1 else "COMPLETED"
            yield Written("job-state", name, records.state(name, status))
        self.ends[name] = "COMPLETED"


class Weather:
    """What happens to the replicas until it is told to end."""

    def __init__(self, replicas: list[StatusService], outcome: Outcome, seed: int) -> None:
        self._replicas, self._outcome = replicas, outcome
        self._rng = random.Random(seed)
        self._over = threading.Event()

    def rage(self) -> None:
        acts = (self._kill, self._stop, self._slow, self._slow, self._wipe, self._end)
        while not self._over.wait(self._rng.uniform(0.5, 2.5)):
            self._rng.choice(acts)(self._rng.choice(self._replicas))

    def end(self) -> None:
        self._over.set()

    def _kill(self, replica: StatusService) -> None:
        self._outcome.kills += 1
        replica.kill()
        replica.start()

    def _wipe(self, replica: StatusService) -> None:
        self._outcome.wipes += 1
        replica.kill()
        replica.lose_file()
        replica.start()

    def _stop(self, replica: StatusService) -> None:
        """It is behind when it goes on, and does not know."""
        self._outcome.stops += 1
        replica.process.signal(signal.SIGSTOP)
        self._over.wait(self._rng.uniform(0.5, 6.0))
        replica.process.signal(signal.SIGCONT)

    def _slow(self, replica: StatusService) -> None:
        """It answers, and is behind all the time."""
        self._outcome.slow += 1
        for _ in range(self._rng.randint(4, 12)):
            replica.process.signal(signal.SIGSTOP)
            self._over.wait(0.5)
            replica.process.signal(signal.SIGCONT)
            self._over.wait(0.15)

    def _end(self, replica: StatusService) -> None:
        self._outcome.ends += 1
        assert replica.process.stop() == 0, replica.process.tail()
        replica.start()


def run(cluster: Cluster, folder: Path, form: Form) -> Outcome:
    """One storm from its first job to the moment when every reader knows all it has to."""
    replicas = []
    for number in range(2):
        (folder / str(number)).mkdir()
        replicas.append(StatusService(cluster.environment(), folder / str(number)))
    try:
        for replica in replicas:
            replica.start()
        ports = [urlsplit(replica.url).port or 0 for replica in replicas]
        with SwitchingProxy(ports, seed=form.seed) as proxy:
            return asyncio.run(_storm(cluster, replicas, proxy, form))
    finally:
        for replica in replicas:
            replica.process.close()


async def _storm(
    cluster: Cluster, replicas: list[StatusService], proxy: SwitchingProxy, form: Form
) -> Outcome:
    outcome, flow, roamers = Outcome(), Flow(cluster, form), Roamers()
    weather = Weather(replicas, outcome, form.seed)
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(2) as threads:
        raging = loop.run_in_executor(threads, weather.rage)
        writing = loop.run_in_executor(threads, flow.write)
        await _watch(flow, roamers, proxy.port, form, writing)
        await writing
        weather.end()
        await raging
        proxy.calm = True
        seconds = DEADLINE_SECONDS + form.seconds
        await roamers.until(lambda: not _unfinished(roamers, flow), seconds=seconds)
        await roamers.end()
    outcome.faults, outcome.unfinished = roamers.faults(), _unfinished(roamers, flow)
    outcome.events = sum(roamer.events for roamer in roamers.all)
    outcome.visits = sum(roamer.visits for roamer in roamers.all)
    outcome.waits = sum(roamer.waits for roamer in roamers.all)
    outcome.cuts, outcome.refusals = proxy.cuts, proxy.refusals
    return outcome


async def _watch(
    flow: Flow, roamers: Roamers, port: int, form: Form, writing: asyncio.Future[None]
) -> None:
    """Readers come while jobs do: some watch all, the others one that was just acknowledged."""
    rng = random.Random(form.seed)
    every = max(1, form.jobs // max(1, form.watchers))
    for number in range(form.watchers):
        await roamers.until(partial(_is_time, flow, number * every, writing), seconds=3600)
        if writing.done():
            await writing
        job_id = flow.submitted[-1]
        path = "/events" if number % _ONE_OF == 0 else f"/jobs/{job_id}/events"
        roamers.add(Roamer(path, port, random.Random(rng.random())))


def _is_time(flow: Flow, jobs: int, writing: asyncio.Future[None]) -> bool:
    return len(flow.submitted) > jobs or writing.done()


def _unfinished(roamers: Roamers, flow: Flow) -> list[str]:
    """Readers that do not know yet how all that they watch has ended."""
    lacking = [roamer for roamer in roamers.all if not _knows_the_end(roamer, flow)]
    return [f"{roamer.path}: knows {len(roamer.latest)} jobs" for roamer in lacking]


def _knows_the_end(roamer: Roamer, flow: Flow) -> bool:
    latest = {job_id: job["status"] for job_id, job in roamer.latest.items()}
    if roamer.path == "/events":
        return latest == flow.ends
    job_id = roamer.path.split("/")[2]
    return latest == {job_id: flow.ends.get(job_id)}


def main() -> None:
    """The long form on a broker of its own; exit code 1 if anything was untrue."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--jobs", type=int, default=5000)
    parser.add_argument("--watchers", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--seed", type=int, default=1)
    form = Form(**vars(parser.parse_args()))
    with tempfile.TemporaryDirectory() as folder, running_broker() as broker:
        outcome = run(Cluster(broker.bootstrap_servers), Path(folder), form)
    told = asdict(outcome)
    told |= {"faults": len(outcome.faults), "unfinished": len(outcome.unfinished)}
    lines = [json.dumps({**asdict(form), **told}, indent=1)]
    sys.stdout.write("\n".join([*lines, *outcome.faults[:20], *outcome.unfinished[:20], ""]))
    sys.exit(1 if outcome.faults or outcome.unfinished else 0)


if __name__ == "__main__":
    main()
