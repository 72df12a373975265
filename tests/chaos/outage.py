"""One broker, stopped and killed under load: everything stays alive and is soon whole again."""

import random
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from support.audit import faults
from support.kafka.cluster import Cluster
from support.waiting import DEADLINE_SECONDS, wait_until

from chaos.fleet import Fleet, Member, folder_of_run
from chaos.follower import Follower
from chaos.load import Clients, backlog
from chaos.table import Table
from localkafka import Node, running_brokers

_TITLE: Final = "sleep:0.05"


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how often."""

    stop_seconds: float
    kills: int
    jobs: int
    seed: int
    #: What every service has after the broker answers again.
    whole_seconds: float = 60.0
    #: What a process may take beyond DRAIN_SECONDS to end: an interpreter on a busy machine.
    exit_margin_seconds: float = 10.0


def run(plan: Plan) -> int:
    """The exit code: 0 if all held."""
    table = Table(f"one broker: stopped for {plan.stop_seconds:g} s, killed {plan.kills} times")
    with (
        folder_of_run() as folder,
        running_brokers(nodes=1, data_dir=folder / "brokers") as brokers,
    ):
        Run(plan, brokers.nodes[0], folder, table).run()
    return table.end()


class Run:
    """One run, in the thread that calls it."""

    def __init__(self, plan: Plan, node: Node, folder: Path, table: Table) -> None:
        self._plan = plan
        self._node = node
        self._table = table
        self._cluster = Cluster(node.address)
        self._stages = [stage.name for stage in self._cluster.pipeline.stages]
        self._fleet = Fleet(self._cluster, folder, session_timeout_ms=6000)
        self._follower = Follower(self._cluster)

    def run(self) -> None:
        plan, table, chance = self._plan, self._table, random.Random(self._plan.seed)
        for stage in self._stages:
            for instance in ("a", "b"):
                self._fleet.add(f"support.stages.scripted_stage {stage}", instance)
        self._fleet.add("status")
        gateway = self._fleet.add("gateway")
        with self._fleet, self._follower:
            self._fleet.wait_until_ready()
            job_ids = backlog(self._cluster, plan.jobs, title=_TITLE)
            table.tell(f"{plan.jobs} jobs wait, every service is ready")
            with Clients(gateway.url, per_second=5, title=_TITLE) as clients:
                self._stop_once()
                for number in range(plan.kills):
                    self._kill_once(number + 1, away_seconds=chance.uniform(0.2, 6))
            table.none("submissions refused for good", clients.refusals)
            self._finish([*job_ids, *clients.accepted])

    def _stop_once(self) -> None:
        """SIGSTOP; in the middle of it one instance of each kind gets SIGTERM and has to end."""
        self._node.pause()
        self._table.tell("the broker stands still")
        since = time.monotonic()
        leaving = [member for member in self._fleet.members if member.name.endswith("-b")]
        leaving += self._fleet.of("status", "gateway")
        for number, member in enumerate(leaving):
            _wait_since(since, self._plan.stop_seconds * number / len(leaving))
            self._terminate(member, "while the broker stands still")
        _wait_since(since, self._plan.stop_seconds)
        self._node.resume()
        answers_ms = _now_ms()
        for member in leaving:
            member.start()
        self._expect_whole("after the stop", answers_ms)

    def _kill_once(self, number: int, *, away_seconds: float) -> None:
        self._node.kill()
        self._table.tell(f"kill {number} of the broker")
        time.sleep(away_seconds)
        self._node.start()
        self._node.wait_until_answers()
        self._expect_whole(f"after kill {number}", _now_ms())

    def _expect_whole(self, when: str, answers_ms: int) -> None:
        """Every service ready, and each stage has ended a job since the broker answers."""
        since = time.monotonic()
        counts = self._follower.counts
        try:
            wait_until(
                lambda: not self._missing(answers_ms),
                lambda: f"not whole: {self._missing(answers_ms)}",
            )
        except AssertionError as error:
            self._table.tell(f"{error}; {dict(counts())}")
            self._table.none(f"not whole {when}", [str(error)])
            return
        self._table.tell(f"whole {when}; {dict(counts())}")
        self._table.most(f"whole {when}", time.monotonic() - since, self._plan.whole_seconds)

    def _missing(self, answers_ms: int) -> list[str]:
        self._fleet.look()
        idle = [s for s in self._stages if self._follower.first_after(s, answers_ms) is None]
        return [*idle, *[member.name for member in self._fleet.members if not member.ready()]]

    def _terminate(self, member: Member, when: str) -> None:
        margin = self._plan.exit_margin_seconds
        code, took = member.terminate(margin_seconds=margin)
        self._table.tell(f"{member.name} got SIGTERM {when}: exit code {code} after {took:.1f} s")
        if code is None:
            self._table.none(f"{member.name} outlived its deadline", [when])
        else:
            limit = member.drain_seconds + margin
            self._table.most(f"{member.name} ends on SIGTERM {when}", took, limit)

    def _finish(self, job_ids: list[str]) -> None:
        table, fleet, left = self._table, self._fleet, self._follower.left
        wait_until(
            lambda: not left(job_ids), lambda: left(job_ids)[:10], seconds=10 * DEADLINE_SECONDS
        )
        for member in fleet.members:
            self._terminate(member, "at the end")
        table.fact("jobs", len(job_ids))
        table.none("faults in what the topics say", faults(self._cluster, job_ids))
        table.none("/livez dark", fleet.dark)
        table.fact("slowest /livez", f"{fleet.slowest_probe_seconds:.2f} s")
        table.none("services that ended unasked", fleet.unasked_ends())


def _wait_since(since: float, seconds: float) -> None:
    wait_until(lambda: time.monotonic() - since >= seconds, seconds=seconds + DEADLINE_SECONDS)


def _now_ms() -> int:
    return int(time.time() * 1000)
