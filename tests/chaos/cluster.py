"""Three brokers of which one is always being lost, services killed in between, watchers on all."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from support.audit import faults
from support.kafka.cluster import Cluster
from support.status.history import Watcher
from support.waiting import DEADLINE_SECONDS, wait_until

from chaos.fleet import Fleet, Member, folder_of_run
from chaos.follower import Follower
from chaos.load import Clients, backlog
from chaos.table import Table
from chaos.watch import watcher
from headway.edges import kafka
from localkafka import Node, RunningBrokers, running_brokers

#: Which moments are hit, if nothing else is asked for.
SEED: Final = 20261124
_SILENCE_SECONDS: Final = 15.0
#: One broker is lost every so many seconds, if the cluster is whole again by then.
_PERIOD_SECONDS: Final = 20.0
#: Handlers sleep so long that this many jobs a second are done at most: there is always work.
_JOBS_PER_SECOND: Final = 50
_WORKERS: Final = 16
_CLIENT_JOBS_PER_SECOND: Final = 5
_MAX_DELIVERIES: Final = 100


@dataclass(frozen=True, slots=True)
class Plan:
    seconds: float
    seed: int
    real: bool

    @property
    def jobs(self) -> int:
        return int(self.seconds * _JOBS_PER_SECOND)

    @property
    def title(self) -> str:
        return f"sleep:{_WORKERS / _JOBS_PER_SECOND:.3f}"


def run(plan: Plan) -> int:
    """The exit code: 0 if all held."""
    table = Table(f"three brokers, one always being lost, {plan.seconds:g} s, seed {plan.seed}")
    with (
        folder_of_run() as folder,
        running_brokers(nodes=3, data_dir=folder / "brokers", tell=table.tell) as brokers,
    ):
        Run(plan, brokers, folder, table).run()
    return table.end()


class Run:
    """One run; brokers are lost by the thread that runs it, services by another."""

    def __init__(self, plan: Plan, brokers: RunningBrokers, folder: Path, table: Table) -> None:
        self._plan = plan
        self._brokers = brokers
        self._table = table
        self._chance = random.Random(plan.seed)
        self._cluster = Cluster(brokers.bootstrap_servers)
        self._stages = [stage.name for stage in self._cluster.pipeline.stages]
        # What kills a stage here is never its job: with the default of three a job that happens to
        # be at work each time would be given up, as it is meant to be.
        self._fleet = Fleet(
            self._cluster,
            folder,
            session_timeout_ms=6000,
            transaction_timeout_ms=6000,
            max_deliveries=_MAX_DELIVERIES,
        )
        self._follower = Follower(self._cluster)
        self._losses: Counter[str] = Counter()
        self._over = threading.Event()

    def run(self) -> None:
        plan, table = self._plan, self._table
        gateway = self._start_services()
        with ExitStack() as stack:
            stack.enter_context(self._fleet)
            stack.enter_context(self._follower)
            self._fleet.wait_until_ready()
            job_ids = backlog(self._cluster, plan.jobs, title=plan.title)
            watchers = [stack.enter_context(made) for made in self._watchers(job_ids)]
            table.tell(f"{len(job_ids)} jobs wait, every service is ready")
            clients = Clients(gateway.url, per_second=_CLIENT_JOBS_PER_SECOND, title=plan.title)
            with clients:
                self._disturb()
            job_ids += clients.accepted
            self._finish(job_ids, watchers, clients)

    def _start_services(self) -> Member:
        for instance in ("a", "b"):
            for stage in self._stages:
                module = stage if self._plan.real else f"support.stages.scripted_stage {stage}"
                self._fleet.add(module, instance, concurrency=_WORKERS // 2)
            self._fleet.add("status", instance)
        return self._fleet.add("gateway")

    def _watchers(self, job_ids: list[str]) -> list[Watcher]:
        replicas = [member.url for member in self._fleet.of("status")]
        everything = [watcher(replicas, "/events"), watcher(replicas[::-1], "/events")]
        singles = [
            watcher(
                replicas,
                f"/jobs/{job_id}/events",
                begin=partial(everything[0].latest.__contains__, job_id),
            )
            for job_id in job_ids[:: max(len(job_ids) // 5, 1)]
        ]
        return [*everything, *singles]

    def _disturb(self) -> None:
        """Lose brokers one after another until the time is up; services in a thread beside it."""
        services = threading.Thread(target=self._disturb_services, daemon=True)
        services.start()
        end = time.monotonic() + self._plan.seconds
        try:
            while time.monotonic() < end:
                due = time.monotonic() + _PERIOD_SECONDS
                self._lose_one_broker()
                self._wait_until_in_sync()
                self._say()
                time.sleep(max(due - time.monotonic(), 0))
        finally:
            self._over.set()
            services.join()

    def _lose_one_broker(self) -> None:
        node = self._chance.choice(self._brokers.nodes)
        away_seconds = self._chance.uniform(2, 12)
        how, lose, back = self._chance.choice(_WAYS)
        self._losses[f"broker {how}"] += 1
        number = self._brokers.nodes.index(node) + 1
        self._table.tell(f"broker {number} is {how} for {away_seconds:.0f} s")
        lose(node)
        time.sleep(away_seconds)
        back(node)
        self._table.tell(f"broker {number} is back")

    def _wait_until_in_sync(self) -> None:
        """All replicas of all topics: the next loss would else be a second one."""
        self._brokers.wait_until_whole()
        admin = kafka.admin_client({**self._cluster.options, "socket.timeout.ms": 5000})

        def behind() -> list[str]:
            try:
                topics = admin.list_topics(timeout=5).topics
            except kafka.KafkaException as error:
                return [kafka.describe(error)]
            return [
                f"{name}/{number}"
                for name, topic in topics.items()
                for number, partition in topic.partitions.items()
                if len(partition.isrs) < len(self._brokers.nodes)
            ]

        wait_until(lambda: not behind(), lambda: f"not in sync: {behind()}")
        self._table.tell("all replicas are in sync")

    def _disturb_services(self) -> None:
        chance = random.Random(self._plan.seed + 1)
        while not self._over.wait(chance.uniform(3, 9)):
            member = chance.choice(self._fleet.members)
            if chance.random() < 0.7:
                self._losses[f"{member.name} killed"] += 1
                member.kill()
                self._over.wait(chance.uniform(0, 2))
                member.start()
            else:
                self._losses[f"{member.name} stopped"] += 1
                member.pause()
                self._over.wait(chance.uniform(1, 8))
                member.resume()
            self._fleet.look()

    def _say(self) -> None:
        silent = self._follower.longest_silence_seconds
        silences = ", ".join(f"{stage} {silent(stage):.1f} s" for stage in self._stages)
        self._table.tell(f"{dict(self._follower.counts())}; longest silence: {silences}")

    def _finish(self, job_ids: list[str], watchers: list[Watcher], clients: Clients) -> None:
        table, follower = self._table, self._follower
        # What comes after is the end of the work, where silence means nothing.
        until_ms = int(time.time() * 1000)
        silences = {
            stage: follower.longest_silence_seconds(stage, until_ms=until_ms)
            for stage in self._stages
        }
        table.tell("no more disturbances; the rest is finished")
        wait_until(
            lambda: not follower.left(job_ids),
            lambda: follower.left(job_ids)[:10],
            seconds=10 * DEADLINE_SECONDS,
        )
        _wait_for(watchers, len(job_ids))
        for what, count in sorted(self._losses.items()):
            table.fact(what, count)
        table.fact("jobs, of them over HTTP", f"{len(job_ids)}, {len(clients.accepted)}")
        table.fact("answers to submissions", dict(clients.answers))
        for stage, silence in silences.items():
            table.most(f"longest time without progress, {stage}", silence, _SILENCE_SECONDS)
        table.none("lost, double or untrue in the topics", faults(self._cluster, job_ids))
        table.none("untrue to watchers", [f for made in watchers for f in made.faults])
        table.fact("watchers' connections cut", sum(made.client.breaks for made in watchers))
        table.none("submissions refused for good", clients.refusals)
        table.none("/livez dark", self._fleet.dark)
        table.none("services that ended unasked", self._fleet.unasked_ends())


def _revive(node: Node) -> None:
    node.start()
    node.wait_until_answers()


_Act = Callable[[Node], None]
_WAYS: Final[tuple[tuple[str, _Act, _Act], ...]] = (
    ("killed", Node.kill, _revive),
    ("stopped", Node.pause, Node.resume),
)


def _wait_for(watchers: list[Watcher], jobs: int) -> None:
    wanted = [jobs, jobs, *[1] * (len(watchers) - 2)]
    wait_until(
        lambda: [made.completed() for made in watchers] == wanted,
        lambda: f"completed as seen by each watcher: {[made.completed() for made in watchers]}",
    )
