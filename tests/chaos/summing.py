"""Jobs flow while workers of the statistics are killed: sums are those of a plain count."""

import itertools
import random
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from support.kafka.cluster import Cluster
from support.processes import Service
from support.statistics.instances import Said
from support.statistics.workers import worker
from support.waiting import wait_until

from chaos.fleet import Fleet, folder_of_run
from chaos.table import Table
from localkafka import running_brokers

_LENGTHS: Final = {10_000: "10 s", 300_000: "5 min"}
#: Jobs a second: this machine is shared by all that a run starts.
_PER_SECOND: Final = 40
#: A dead worker's stages are taken over, and what was read meanwhile is summed.
_WHOLE_SECONDS: Final = 120.0


@dataclass(frozen=True, slots=True)
class Form:
    """How long jobs are submitted, and how often a worker is killed meanwhile."""

    seconds: int
    kills: int
    seed: int


def run(form: Form) -> int:
    """The exit code: 0 if all held."""
    table = Table(f"statistics over {form.seconds} s, {form.kills} kills of a worker")
    with (
        folder_of_run() as folder,
        running_brokers(nodes=1, data_dir=folder / "brokers") as brokers,
    ):
        _Run(form, Cluster(brokers.nodes[0].address), folder, table).run()
    return table.end()


class _Run:
    """One run, in the thread that calls it."""

    def __init__(self, form: Form, cluster: Cluster, folder: Path, table: Table) -> None:
        self._form = form
        self._cluster = cluster
        self._table = table
        self._said = Said(cluster)
        self._stages = [stage.name for stage in cluster.pipeline.stages]
        self._fleet = Fleet(cluster, folder, session_timeout_ms=6000, retry_tries=0)
        self._workers = [worker(cluster, folder, name) for name in ("a", "b")]

    def run(self) -> None:
        for stage in self._stages:
            for instance in ("a", "b"):
                self._fleet.add(f"support.stages.scripted_stage {stage}", instance)
        for each in self._workers:
            each.start()
        try:
            with self._fleet:
                self._fleet.wait_until_ready()
                self._flow()
                self._judge()
        finally:
            for each in self._workers:
                each.close()

    def _flow(self) -> None:
        """Submit jobs, some of which fail for good, and kill a worker now and then."""
        chance, begun = random.Random(self._form.seed), time.monotonic()
        spans = self._form.seconds / (self._form.kills + 1)
        kills = [begun + spans * (number + 1) for number in range(self._form.kills)]
        for second in itertools.count():
            now = time.monotonic()
            if now - begun > self._form.seconds:
                return
            if kills and now > kills[0]:
                kills.pop(0)
                self._kill(chance.choice(self._workers))
            job_ids = [f"job-{second:05}-{number:03}" for number in range(_PER_SECOND)]
            self._cluster.submit(job_ids[:2], title="permanent:no")
            self._cluster.submit(job_ids[2:3], title="p2:permanent:no")
            self._cluster.submit(job_ids[3:], title="sleep:0.01")
            time.sleep(max(0.0, begun + second + 1 - time.monotonic()))

    def _kill(self, victim: Service) -> None:
        victim.kill()
        self._table.tell(f"killed a worker; {self._sums(10_000)}")
        victim.start()

    def _judge(self) -> None:
        """Hold the sums of each length against what lies in the topics of the stages."""
        counted: dict[str, Counter[str]] = {}

        def still() -> bool:
            before, now = counted.copy(), self._counted()
            counted.update(now)
            return before == now and self._all_over(now)

        wait_until(still, lambda: counted, seconds=_WHOLE_SECONDS, pause_seconds=2)
        since = time.monotonic()
        for length, words in _LENGTHS.items():
            self._table.none(f"wrong sums of windows of {words}", self._wrong(length, counted))
        for stage, counts in counted.items():
            self._table.fact(f"{stage}: done, given up", f"{counts['done']}, {counts['failed']}")
        self._table.most("sums whole after", time.monotonic() - since, _WHOLE_SECONDS)

    def _wrong(self, length_ms: int, counted: dict[str, Counter[str]]) -> list[str]:
        """What the sums of that length are, if they do not become what was counted."""
        try:
            wait_until(
                lambda: self._sums(length_ms) == counted, seconds=_WHOLE_SECONDS, pause_seconds=2
            )
        except AssertionError:
            return [f"{self._sums(length_ms)} where {counted} is in the topics"]
        return []

    def _all_over(self, counted: dict[str, Counter[str]]) -> bool:
        first, *_ = counted.values()
        given = len(self._cluster.read("jobs.submitted"))
        return first.total() == given and counted[self._stages[-1]].total() == first["done"]

    def _counted(self) -> dict[str, Counter[str]]:
        """What each stage has done and given up, as its topics say."""
        return {
            stage.name: Counter(
                done=len(self._cluster.read(stage.sink)),
                failed=len(self._cluster.read(stage.dead_letters)),
            )
            for stage in self._cluster.pipeline.stages
        }

    def _sums(self, length_ms: int) -> dict[str, Counter[str]]:
        """The same, as the statistics say; what ended is timed, each once."""
        found: dict[str, Counter[str]] = {stage: Counter() for stage in self._stages}
        timed: Counter[str] = Counter()
        for window in self._said.windows(length_ms):
            found[window["stage"]] += _ends(window["outcomes"])
            timed[window["stage"]] += sum(window["stage_times"])
        odd = {s: timed[s] for s, counts in found.items() if timed[s] != counts.total()}
        return found if not odd else {**found, "timed otherwise": Counter(odd)}


def _ends(outcomes: dict[str, Any]) -> Counter[str]:
    return Counter({name: outcomes.get(name, 0) for name in ("done", "failed")})
