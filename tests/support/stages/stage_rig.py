"""A stage in this process over the fakes of the Kafka client: turned by hand, killed at will."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from support.fake_kafka.broker import FakeBroker
from support.fake_kafka.log import Place
from support.fake_kafka.record import Record
from support.kafka.payloads import given
from support.stages.handlers.together import Together
from support.stages.script import Script
from support.waiting import wait_until

from headway.base.clock import Clock, SystemClock
from headway.declared.catalog import Catalog
from headway.declared.dependency import Dependency
from headway.declared.pipeline import Pipeline
from headway.declared.retry import RetryPolicy
from headway.declared.stage import AS_RELEASED, Batch, Stage, StageSettings
from headway.edges import kafka
from headway.observing.health import Health
from headway.outcomes.rule import Rule
from headway.owning.inlet import Inlet
from headway.running.assembly import assemble
from headway.serving.loop import drain
from headway.topics.provisioning import ensure_topics
from headway.tracing.spans import Spans
from headway.wire.codec import Codec, split_version

_OPTIONS: kafka.Options = {"bootstrap.servers": "fake:9092"}
_RETRY = RetryPolicy(calls=2, first_seconds=0.0, longest_seconds=0.0)


@dataclass
class LoopClock:
    """The clock of a loop's deadlines, that a test may replace while it runs."""

    by: Clock = field(default_factory=SystemClock)

    def now_ms(self) -> int:
        return self.by.now_ms()

    def monotonic(self) -> float:
        return self.by.monotonic()


class InProcessStage:
    """One instance of a stage; nothing happens in it but by `turn` and `turn_until`."""

    def __init__(
        self,
        cluster: "FakeCluster",
        name: str,
        instance: str,
        settings: dict[str, Any],
        *,
        dependencies: tuple[Dependency, ...] = (),
        batch: Batch | None = None,
        **parts: Any,
    ) -> None:
        self.name = name
        self.script = Script(name)
        self.together = Together(self.script)
        self.health = Health()
        told: dict[str, Any] = {
            "kafka_bootstrap_servers": "fake:9092",
            "object_store_url": "memory://",
            "http_port": 0,
            "instance_id": instance,
            "retry_tries": 0,
        }
        before = len(cluster.broker.consumers)
        self.clock = LoopClock()
        many = self.together if batch else None
        self.runner = assemble(
            Stage(name, self.script, _RETRY, dependencies, many, batch or AS_RELEASED),
            StageSettings(**(told | settings)),
            self.health,
            clock=self.clock,
            **parts,
        )
        self.flow = self.runner.flow
        self.consumer = next(c for c in cluster.broker.consumers[before:] if c.group_id == name)
        self._broker = cluster.broker
        self._source = cluster.catalog[cluster.pipeline.stage(name).source].name

    def start(self) -> "InProcessStage":
        self.runner.start()
        return self

    def turn(self, times: int = 1) -> None:
        for _ in range(times):
            self.runner.turn()

    def turn_until(
        self, condition: Callable[[], object], told: Callable[[], object] = lambda: ""
    ) -> None:
        """Turn until *condition* holds."""

        def turned() -> bool:
            self.runner.turn()
            return bool(condition())

        wait_until(turned, told, pause_seconds=0)

    def drain(self, deadline: float) -> None:
        drain(self.runner, self.health, deadline)

    @property
    def taken(self) -> int:
        """How many offsets lie between the beginnings of the source and where it is read."""
        places = self.consumer.position(self._read)
        return sum(max(place.offset, 0) for place in places)

    @property
    def lanes(self) -> int:
        """How many partitions of its source it reads; those of the same number come along."""
        return len(self._read)

    @property
    def _read(self) -> list[kafka.TopicPartition]:
        return [place for place in self.consumer.assignment() if place.topic == self._source]

    def kill(self) -> None:
        """As SIGKILL and the session timeout: it is never turned again, and others own it all."""
        self._broker.expel(self.consumer)


class FakeCluster:
    """The declared topics on a broker in this process; what is written, and what can be seen."""

    def __init__(self, broker: FakeBroker) -> None:
        self.broker = broker
        broker.set_time(SystemClock().now_ms())  # stages forget what is long over by their clock
        self.catalog, self.codec, self.pipeline = Catalog.load(), Codec(), Pipeline.load()
        self._stages: list[InProcessStage] = []
        ensure_topics(_OPTIONS, self.catalog)

    def stage(
        self,
        name: str,
        instance: str = "a",
        *,
        rules: Sequence[Rule] = (),
        inlets: Sequence[Inlet] = (),
        dependencies: tuple[Dependency, ...] = (),
        spans: Spans | None = None,
        batch: Batch | None = None,
        wall: Clock | None = None,
        **settings: Any,
    ) -> InProcessStage:
        """An instance of a stage, assembled and not started."""
        more: Any = {"rules": rules, "inlets": inlets, "dependencies": dependencies}
        more |= {"spans": spans, "batch": batch, "wall": wall}
        made = InProcessStage(self, name, instance, settings, **more)
        self._stages.append(made)
        return made

    def give(
        self,
        stage: str,
        *job_ids: str,
        partition: int = 0,
        order_key: str | None = None,
        **changed: Any,
    ) -> None:
        """Write a record of what *stage* reads for each job; *changed* are fields of the job."""
        source = self.pipeline.stage(stage).source
        for job_id in job_ids:
            value = given(stage, job_id, order_key=order_key, **changed)
            self.write(source, job_id.encode(), value, partition=partition)

    def encoded(self, stage: str, job_id: str) -> bytes:
        """The value of a record that *stage* reads."""
        return given(stage, job_id)

    def write(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        *,
        partition: int = 0,
        headers: kafka.Headers | None = None,
    ) -> int:
        """One record; its offset."""
        place = self.catalog[topic].name, partition
        return self.broker.append(place, Record(key, value, headers, self.broker.now_ms()))

    def read(self, topic: str) -> list[tuple[Place, int, Record]]:
        """Every record that a read_committed reader sees, with its place and offset."""
        return self.read_topic(self.catalog[topic].name)

    def read_topic(self, name: str) -> list[tuple[Place, int, Record]]:
        """The same of a topic that is not declared."""
        found = []
        for place in self.broker.places((name,)):
            log = self.broker.log(place)
            offset, record = log.next_visible(log.first, committed_only=True)
            while record is not None:
                found.append((place, offset, record))
                offset, record = log.next_visible(offset + 1, committed_only=True)
        return found

    def outputs(self, stage: str) -> Counter[str]:
        """How many outputs of *stage* each job has."""
        sink = self.pipeline.stage(stage).sink
        return Counter((record.key or b"").decode() for _, _, record in self.read(sink))

    def states(self) -> dict[str, dict[str, Any]]:
        """The newest state of every job that is not forgotten."""
        record = split_version(self.catalog["job-state"].value)[0]
        newest = {r.key: r.value for _, _, r in self.read("job-state")}
        decoded = [self.codec.decode(value, record) for value in newest.values() if value]
        return {state["job_id"]: state for state in decoded}

    def statuses(self) -> dict[str, str]:
        return {job_id: state["status"] for job_id, state in self.states().items()}

    def committed(self, stage: str) -> dict[int, tuple[int, str]]:
        """Offset and metadata the group of *stage* has committed of its source, by partition."""
        source = self.catalog[self.pipeline.stage(stage).source].name
        found = self.broker.groups[stage].committed
        return {index: committed for (topic, index), committed in found.items() if topic == source}

    def close(self) -> None:
        """Let every handler that is held end, and every call that hangs."""
        self.broker.faults.clear()
        for stage in self._stages:
            stage.script.release()
            stage.runner.pool.close()
            stage.runner.assignment.close()


def jobs(count: int, name: str = "job") -> list[str]:
    return [f"{name}-{index}" for index in range(count)]


def once(job_ids: Iterable[str]) -> Counter[str]:
    """One output for each."""
    return Counter(job_ids)
