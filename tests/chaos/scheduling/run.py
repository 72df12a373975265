"""Three schedulers, always one of them killed or stopped, their broker killed in between."""

import random
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from support.kafka.cluster import Cluster
from support.waiting import DEADLINE_SECONDS, wait_until

from chaos.fleet import Fleet, Member, folder_of_run
from chaos.scheduling.load import Commanded, Due, lateness_seconds, wait_for_their_time
from chaos.table import Table
from localkafka import Node, running_brokers

_SESSION_MS: Final = 6000
_MS: Final = 1000
#: What a broker leaves behind that is killed: a call of the client that does not come back is given
#: up after ten seconds, and lanes are taken over anew.
_HUNG_MS: Final = 14_000
_RULES: Final = """
rules:
  - {name: each-minute, kind: submit, about: x, at: "* * * * *", job: {title: a.csv, text: "a"}}
"""


@dataclass(frozen=True, slots=True)
class Form:
    """So many jobs come due within so many seconds; so often each thing happens meanwhile."""

    jobs: int = 20_000
    seconds: float = 360.0
    kills: int = 20
    stops: int = 10
    broker_kills: int = 3
    instances: int = 3
    seed: int = 20261124
    #: Whether lateness is judged: not where the machine is anybody's.
    judged: bool = True


def run(form: Form) -> int:
    """The exit code: 0 if all held."""
    told = f"{form.jobs} jobs wait for their time, {form.kills} kills, {form.stops} stops"
    table = Table(f"{told}, {form.broker_kills} of the broker")
    with (
        folder_of_run() as folder,
        running_brokers(nodes=1, data_dir=folder / "brokers") as brokers,
    ):
        Run(form, brokers.nodes[0].address, folder, table, node=brokers.nodes[0]).run()
    return table.end()


def run_on(form: Form, bootstrap_servers: str, folder: Path) -> int:
    """The same on a cluster that is somebody else's, and never killed."""
    table = Table(f"{form.jobs} jobs wait for their time, {form.kills} kills, {form.stops} stops")
    Run(form, bootstrap_servers, folder, table).run()
    return table.end()


class Run:
    """One run, in the thread that calls it."""

    def __init__(
        self,
        form: Form,
        bootstrap_servers: str,
        folder: Path,
        table: Table,
        *,
        node: Node | None = None,
    ) -> None:
        self._form = form
        self._node = node
        #: When there was no broker, and what followed from that, ms.
        self._away: list[tuple[int, int]] = []
        self._table = table
        self._chance = random.Random(form.seed)
        self._cluster = Cluster(bootstrap_servers)
        rules = folder / "schedules.yaml"
        rules.write_text(_RULES, encoding="utf-8")
        self._fleet = Fleet(
            self._cluster,
            folder,
            session_timeout_ms=_SESSION_MS,
            transaction_timeout_ms=_SESSION_MS,
            schedules_file=rules,
            drain_seconds=5,
        )

    def run(self) -> None:
        form, table = self._form, self._table
        for number in range(form.instances):
            self._fleet.add("scheduler", "abcdefgh"[number])
        with self._fleet:
            self._fleet.wait_until_ready()
            begin = time.time() + 5 + form.jobs / 2000
            due = wait_for_their_time(
                self._cluster,
                form.jobs,
                begin_ms=int(begin * _MS),
                seconds=form.seconds,
                chance=self._chance,
            )
            table.tell(f"{form.jobs} jobs wait, {len(self._fleet.members)} schedulers are ready")
            self._disturb(begin)
            self._judge(due)
            self._judge_minutes(begin)
            table.none("/livez dark", self._fleet.dark)
            table.none("schedulers that ended unasked", self._fleet.unasked_ends())

    def _disturb(self, begin: float) -> None:
        """Kills, stops and kills of the broker in any order, each when the last one is over.

        That is when the group has noticed: what strikes a group that still waits for a member that
        is gone adds to its wait.
        """
        form = self._form
        acts = ["kill"] * form.kills + ["stop"] * form.stops + ["broker"] * form.broker_kills
        self._chance.shuffle(acts)
        _wait_until(begin)
        for act in acts:
            member = self._chance.choice(self._fleet.members)
            {"kill": self._kill, "stop": self._stop, "broker": self._kill_broker}[act](member)
            self._fleet.look()
            _wait_until(time.time() + _SESSION_MS / _MS + 1)

    def _kill(self, member: Member) -> None:
        member.kill()
        self._table.tell(f"{member.name} killed")
        _wait_until(time.time() + self._chance.uniform(0, 2))
        member.start()

    def _stop(self, member: Member) -> None:
        """For longer than the group waits, mostly."""
        seconds = self._chance.uniform(0.5, 2.0) * _SESSION_MS / _MS
        self._table.tell(f"{member.name} stopped for {seconds:.1f} s")
        member.pause()
        _wait_until(time.time() + seconds)
        member.resume()

    def _kill_broker(self, _: Member) -> None:
        if self._node is None:
            return
        self._table.tell("the broker killed")
        since = time.time()
        self._node.kill()
        self._node.start()
        self._node.wait_until_answers()
        self._away.append((int(since * _MS), int(time.time() * _MS) + _SESSION_MS + _HUNG_MS))

    def _judge(self, due: Due) -> None:
        table, commanded = self._table, Commanded(self._cluster)
        last = max(due.at.values()) / _MS
        _wait_until(last)

        def left() -> list[str]:
            commanded.read()
            return [job_id for job_id in due.at if job_id not in commanded.counts]

        try:
            wait_until(lambda: not left(), seconds=DEADLINE_SECONDS)
        except AssertionError:
            table.tell(f"{len(left())} jobs are left")
        # What would come twice comes soon after.
        _wait_until(time.time() + 2 * _SESSION_MS / _MS)
        table.none("jobs that were not commanded", left())
        table.none("jobs commanded twice", [j for j, n in commanded.counts.items() if n > 1])
        every = lateness_seconds(due, commanded)
        late = lateness_seconds(due.outside(self._away), commanded)
        commanded.close()
        table.none("commanded before their time", [f"{s:.3f} s" for s in every if s < 0])
        table.fact("lateness of all, p50 and p99", f"{_of(every, 50):.1f}, {_of(every, 99):.1f} s")
        table.fact("due while there was a broker", len(late))
        limits = (0.5, _SESSION_MS / _MS + 2) if self._form.judged else (1e9, 1e9)
        table.most("their lateness p50", _of(late, 50), limits[0])
        table.most("their lateness p99", _of(late, 99), limits[1])
        table.fact("their lateness max", f"{late[-1]:.1f} s")

    def _judge_minutes(self, begin: float) -> None:
        """A job of each minute: late where it fell into a change of hands, never not, never two."""
        end = time.time() - 2 * _SESSION_MS / _MS
        jobs = Commanded(self._cluster, "jobs.submitted")
        jobs.read()
        jobs.close()
        minutes = range(int(begin // 60) + 1, int(end // 60) + 1)
        names = [time.strftime("each-minute-%Y%m%dT%H%M%SZ", time.gmtime(60 * m)) for m in minutes]
        self._table.fact("minutes of a crontab", len(names))
        # Of several that were missed together the first stands for all.
        made_up = [
            60_000 * later
            for minute, name in zip(minutes, names, strict=True)
            for later in range(minute + 1, jobs.at.get(name, 0) // 60_000 + 1)
        ]
        missed = [
            name
            for minute, name in zip(minutes, names, strict=True)
            if name not in jobs.counts and 60_000 * minute not in made_up
        ]
        self._table.none("minutes that never came", missed)
        doubled = [name for name, count in jobs.counts.items() if count > 1]
        self._table.none("minutes that came twice", doubled)


def _wait_until(moment: float) -> None:
    """For real: what is measured is time itself."""
    wait_until(lambda: time.time() >= moment, seconds=max(0, moment - time.time()) + 60)


def _of(ordered: list[float], percent: int) -> float:
    return ordered[len(ordered) * percent // 100]
