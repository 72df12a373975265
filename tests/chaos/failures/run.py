"""Jobs that fail by plan under commands, while services and the broker are taken away."""

import time
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from support.audit import audited
from support.kafka.cluster import Cluster
from support.status.history import Watcher
from support.waiting import DEADLINE_SECONDS, wait_until

from chaos.failures import kinds
from chaos.failures.desk import Desk
from chaos.failures.driver import Driver
from chaos.failures.judge import Judge, wrong_answers
from chaos.failures.plan import Plan
from chaos.failures.submitting import BATCH, Submissions
from chaos.failures.weather import Weather
from chaos.fleet import Fleet, Member, folder_of_run
from chaos.load import Clients
from chaos.table import Table
from chaos.watch import watcher
from localkafka import Node, running_brokers

_WELL: Final = "ok"
_ALONE_EVERY: Final = 6
_TOLD_SECONDS: Final = 10.0
#: So many that do not rest yet are told one by one.
_FEW: Final = 5
#: What stages are told; none of it is meant for anything but speed and many disturbances.
_SETTINGS: Final = {
    "isolated": 1,
    "concurrency": 4,
    "session_timeout_ms": 3000,
    "transaction_timeout_ms": 3000,
    "drain_seconds": 3,
    # The first is long enough for a cancel to meet a job where it waits.
    "retry_delays": "1,0.3,0.6",
    "retry_tries": kinds.TRIES,
    "max_redrives": kinds.REDRIVES,
    "handler_seconds": 3,
    "max_deliveries": 100,
    "failure_limit_run": 0,
    "failure_limit_share": 0,
}


@dataclass(frozen=True, slots=True)
class Form:
    """How large a run is, and how rough.

    After *seconds* no more jobs are submitted. Everything is disturbed *turns* times, or until all
    jobs rest.
    """

    jobs: int
    seed: int
    seconds: float = float("inf")
    turns: int | None = None
    instances: int = 2
    # What was disturbed is whole again now and then: with less, jobs mostly wait for starts.
    pauses_seconds: tuple[float, float] = (2.0, 8.0)
    stops_seconds: tuple[float, float] = (0.5, 6.0)
    clients_per_second: float = 2


def run(form: Form) -> int:
    """The exit code: 0 if all held."""
    table = Table(f"{form.jobs:,} jobs fail by plan, seed {form.seed}")
    with (
        folder_of_run() as folder,
        running_brokers(nodes=1, data_dir=folder / "brokers") as brokers,
    ):
        Run(form, brokers.nodes[0], folder, table).run()
    return table.end()


class Run:
    """One run, in the thread that calls it."""

    def __init__(self, form: Form, node: Node, folder: Path, table: Table) -> None:
        calls = folder / "calls"
        calls.mkdir()
        self._form = form
        self._table = table
        self._plans = kinds.plans(form.jobs, form.seed)
        #: Jobs with a watcher of their own: of those that come first, so that much is done to them.
        self._alone = [plan.job_id for plan in self._plans[:BATCH:_ALONE_EVERY]]
        self._cluster = Cluster(node.address)
        self._fleet = Fleet(self._cluster, folder, plan_calls=calls, **_SETTINGS)
        self._weather = Weather(
            self._fleet,
            node,
            table,
            seed=form.seed,
            turns=form.turns,
            pauses_seconds=form.pauses_seconds,
            stops_seconds=form.stops_seconds,
        )

    def run(self) -> None:
        form, table = self._form, self._table
        gateway, status = self._start()
        with ExitStack() as stack:
            stack.enter_context(self._fleet)
            self._fleet.wait_until_ready()
            table.tell("every service is ready")
            desk = stack.enter_context(Desk(self._cluster, gateway.url))
            driver = stack.enter_context(Driver(self._cluster, desk))
            submissions = Submissions(self._cluster, driver, desk)
            watchers = [stack.enter_context(made) for made in self._watchers(status)]
            with Clients(gateway.url, per_second=form.clients_per_second, title=_WELL) as clients:
                self._disturb(submissions, driver)
            self._finish(submissions, driver, desk, watchers, clients)

    def _start(self) -> tuple[Member, list[Member]]:
        for number in range(self._form.instances):
            for stage in self._cluster.pipeline.stages:
                module = f"support.stages.scripted_stage {stage.name}"
                self._fleet.add(module, "abc"[number])
        return self._fleet.add("gateway"), [self._fleet.add("status")]

    def _watchers(self, status: list[Member]) -> list[Watcher]:
        replicas = [member.url for member in status]
        everything = [watcher(replicas, "/events") for _ in range(2)]
        singles = [
            watcher(
                replicas,
                f"/jobs/{job_id}/events",
                begin=partial(everything[0].latest.__contains__, job_id),
            )
            for job_id in self._alone
        ]
        return [*everything, *singles]

    def _disturb(self, submissions: Submissions, driver: Driver) -> None:
        """Until all jobs are submitted and rest, and everything was done to every service."""
        submitting = submissions.start(self._plans, self._form.seconds)
        self._weather.begin()
        told = time.monotonic()
        # With the wait for the rest behind it below what a test may last: that one tells who moves.
        deadline = told + DEADLINE_SECONDS + self._form.jobs / 2
        while submitting.is_alive() or driver.moving() or self._weather.missing():
            if time.monotonic() - told > _TOLD_SECONDS:
                told = time.monotonic()
                self._table.tell(f"{driver.ended()} rest; {dict(driver.counts())}")
                if submitting.is_alive() or len(moving := driver.moving()) > _FEW:
                    continue
                for told_of in moving:
                    self._table.tell(f"  moves: {told_of}")
            if time.monotonic() > deadline or self._weather.failures:
                break
            time.sleep(0.2)
        self._weather.end()
        submitting.join()

    def _finish(
        self,
        submissions: Submissions,
        driver: Driver,
        desk: Desk,
        watchers: list[Watcher],
        clients: Clients,
    ) -> None:
        table, plans = self._table, submissions.made
        table.tell("no more disturbances; the rest is finished")
        by_http = [Plan("by HTTP", job_id, _WELL, kinds.WELL_ENDS) for job_id in clients.accepted]
        driver.follow(by_http)
        _wait_until_all_rest(driver)
        judge = self._judge(submissions, driver)
        self._wait_for(watchers, judge)
        self._tell(judge, plans, driver, desk, clients)
        report = audited(self._cluster)
        for what, count in report.verdict.facts.items():
            table.fact(what, count)
        table.none("ended otherwise than planned", list(judge.wrong([*plans, *by_http])))
        table.none("wrong in the topics", [str(found) for found in report.verdict.findings])
        table.none("commands answered wrongly", list(wrong_answers(driver.asked, driver.answers)))
        table.none("commands that were not taken", desk.refusals)
        untrue = [judge.untrue(made.stream.findings) for made in watchers]
        table.none("untrue to watchers", [told for found, _ in untrue for told in found])
        table.fact("percents that fell with a lost process", sum(lost for _, lost in untrue))
        table.none("not seen by watchers", self._unseen(watchers, judge))
        table.none("/livez dark", self._fleet.dark)
        table.none("services that ended unasked", self._fleet.unasked_ends())
        table.none("services that outlived SIGTERM", self._weather.outlived)
        table.none("what could not be disturbed", self._weather.failures)

    def _judge(self, submissions: Submissions, driver: Driver) -> Judge:
        """Of jobs among which a cancel has met one wherever it can: chance may have missed some."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while (places := (judge := Judge(self._cluster)).unmet()) and time.monotonic() < deadline:
            first = len(submissions.made)
            submissions.submit(
                kinds.cancelled(place, number, self._form.seed)
                for number, place in enumerate(places, first)
            )
            _wait_until_all_rest(driver)
        return judge

    def _tell(
        self, judge: Judge, plans: list[Plan], driver: Driver, desk: Desk, clients: Clients
    ) -> None:
        """What the run was made of; that each kind of it was there at all is asked, too."""
        table = self._table
        there = {plan.kind for plan in plans}
        table.fact("jobs by plan", len(plans))
        for what, count in sorted(judge.ends(plans).items()):
            table.fact(what, count)
        for what, count in sorted(self._weather.done.items()):
            table.fact(what, count)
        for what, count in sorted(desk.given.items()):
            table.fact(what, count)
        for place, count in sorted(judge.cancelled().items()):
            table.fact(f"cancelled: {place}", count)
        table.fact("commands answered", len(driver.answers))
        table.fact("jobs over HTTP", len(clients.accepted))
        table.none("kinds of plan that no job had", [k for k in kinds.KINDS if k not in there])
        table.none("kinds of disturbance that never came", self._weather.missing())
        table.none("where no cancel met a job", judge.unmet())
        table.none("submissions refused for good", clients.refusals)

    def _unseen(self, watchers: list[Watcher], judge: Judge) -> list[str]:
        """What the watchers of all jobs do not know, and those of one."""
        newest = judge.seen()
        watched = [newest, newest, *[[job_id] for job_id in self._alone]]
        return [
            str(found)
            for made, jobs in zip(watchers, watched, strict=True)
            for found in made.stream.against(newest, jobs)
        ]

    def _wait_for(self, watchers: list[Watcher], judge: Judge) -> None:
        """Until they have seen all, or had the time: what is missing then is told."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while self._unseen(watchers, judge) and time.monotonic() < deadline:
            time.sleep(0.2)


def _wait_until_all_rest(driver: Driver) -> None:
    wait_until(lambda: not driver.moving(), lambda: driver.moving()[:10])
