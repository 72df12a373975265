"""Follows every job and gives it the commands of its plan, each when its moment has come."""

import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, Final, NamedTuple, Self

from support.kafka.cluster import Cluster

from chaos.failures.desk import Desk
from chaos.failures.plan import RETRY, Order, Plan, When
from headway.edges import kafka

_STATE: Final = "job-state"
_RESULT: Final = "command-result"


class Reached(NamedTuple):
    """Where a job is, by its newest state."""

    attempt: int
    status: str
    terminal: bool


class Driver:
    """One thread that reads states and results, and gives commands through the desk."""

    def __init__(self, cluster: Cluster, desk: Desk) -> None:
        self._cluster = cluster
        self._desk = desk
        self.plans: dict[str, Plan] = {}
        #: Kept, as it is asked after again and again: jobs to which nothing more is to come.
        self._resting: set[str] = set()
        self.newest: dict[str, Reached] = {}
        #: Commands that have to be answered, each with what was asked.
        self.asked: dict[str, tuple[Plan, Order]] = {}
        self.answers: defaultdict[str, list[bool]] = defaultdict(list)
        self._given: set[tuple[str, int]] = set()
        self._topics = {cluster.catalog[name].name: name for name in (_STATE, f"{_RESULT}s")}
        # The desk hears of deliveries in this thread alone, so a lost broker cannot confuse it.
        self._consumer = kafka.consumer({**cluster.options, "socket.timeout.ms": 10_000})
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self.faults: list[str] = []

    def __enter__(self) -> Self:
        catalog = self._cluster.catalog
        self._consumer.assign(
            [
                kafka.TopicPartition(catalog[topic].name, number, 0)
                for topic in self._topics.values()
                for number in range(catalog[topic].partitions)
            ]
        )
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self._consumer.close()

    def follow(self, plans: Iterable[Plan]) -> None:
        """These, too, from now on; what was read of them before counts."""
        for plan in plans:
            self.plans[plan.job_id] = plan
            self._look(plan)

    def begin(self, plan: Plan, when: When) -> None:
        """Give what is to be given before, or with, the submission."""
        for number, order in enumerate(plan.orders):
            if order.when is when:
                self._give(plan, number, order)

    def moving(self) -> list[str]:
        """Jobs that have not come to where nothing more is to come, and what was not answered."""
        told = [
            f"{job_id} ({plan.kind}) {self.newest.get(job_id, 'unknown')}"
            for job_id, plan in list(self.plans.items())
            if job_id not in self._resting
        ]
        answers = self.answers
        return told + [f"{asked} unanswered" for asked in list(self.asked) if asked not in answers]

    def ended(self) -> int:
        """How many jobs rest."""
        return len(self._resting)

    def counts(self) -> Counter[str]:
        return Counter(reached.status for reached in list(self.newest.values()))

    def _look(self, plan: Plan) -> None:
        if self._rests(plan):
            self._resting.add(plan.job_id)
        else:
            self._resting.discard(plan.job_id)

    def _rests(self, plan: Plan) -> bool:
        reached = self.newest.get(plan.job_id)
        if reached is None or not reached.terminal:
            return False
        failed = reached.status == self._cluster.pipeline.failed
        return not (failed and plan.owes(reached.attempt))

    def _follow(self) -> None:
        while not self._ended.is_set():
            with suppress(kafka.KafkaException):
                for message in self._consumer.consume(1000, timeout=0.1):
                    if message.error() is None and message.value() is not None:
                        self._take(message)
            self._desk.serve()

    def _take(self, message: kafka.Message) -> None:
        codec = self._cluster.codec
        if self._topics[message.topic() or ""] == _STATE:
            self._note(codec.decode(message.value(), _STATE))
        else:
            told = codec.decode(message.value(), _RESULT)
            self.answers[told["command_id"]].append(told["accepted"])

    def _note(self, state: Mapping[str, Any]) -> None:
        job_id, attempt = state["job_id"], state["attempt"]
        self.newest[job_id] = Reached(attempt, state["status"], state["terminal"])
        plan = self.plans.get(job_id)
        if plan is None:
            return
        when = self._moment(state)
        for number, order in enumerate(plan.orders):
            if (order.when, order.attempt) == (when, attempt):
                self._give(plan, number, order)
        self._look(plan)

    def _moment(self, state: Mapping[str, Any]) -> When | None:
        pipeline, status = self._cluster.pipeline, state["status"]
        named = {
            pipeline.failed: When.FAILED,
            pipeline.retry_scheduled: When.WAITING,
            pipeline.cancelled: When.CANCELLED,
            pipeline.stages[-1].done.name: When.COMPLETED,
        }
        running = {stage.running.name for stage in pipeline.stages}
        return When.RUNNING if status in running else named.get(status)

    def _give(self, plan: Plan, number: int, order: Order) -> None:
        """Once; a state may be seen again."""
        if (plan.job_id, number) in self._given:
            return
        self._given.add((plan.job_id, number))
        command_id = f"{plan.job_id}/{number}"
        if order.kind == RETRY:
            self.asked[command_id] = (plan, order)
        self._desk.give(order, plan.job_id, command_id)
