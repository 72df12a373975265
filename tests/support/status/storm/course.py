"""One storm: replicas, jobs and readers, until every reader knows all it has to."""

import asyncio
import random
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from support.kafka.cluster import Cluster
from support.status.service import StatusService
from support.status.storm.flow import Flow
from support.status.storm.form import Form, Outcome
from support.status.storm.roaming import Roamer, Roamers
from support.status.storm.switching_proxy import SwitchingProxy
from support.status.storm.weather import Weather
from support.waiting import DEADLINE_SECONDS

#: One in so many readers watches all jobs.
_ONE_OF: Final = 15


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
