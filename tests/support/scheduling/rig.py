"""Schedulers in this process over the fakes of the Kafka client: turned by hand, killed at will."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from support.clock import ManualClock
from support.fake_kafka.broker import FakeBroker
from support.fake_kafka.record import Record
from support.scheduling.states import encoded
from support.waiting import wait_until

from headway.base.clock import SystemClock
from headway.declared.catalog import Catalog
from headway.declared.pipeline import Pipeline
from headway.edges import kafka
from headway.observing.health import Health
from headway.topics.provisioning import ensure_topics
from headway.wire.codec import Codec, split_version
from scheduler.rules.schedules import Schedules, read
from scheduler.running.loop import SchedulerLoop
from scheduler.server import assemble
from scheduler.settings import SchedulerSettings

_OPTIONS: kafka.Options = {"bootstrap.servers": "fake:9092"}


class WallClock:
    """Deadlines as they are, and a time of day that a test moves."""

    def __init__(self, by: ManualClock) -> None:
        self._by = by
        self.monotonic = SystemClock().monotonic

    def now_ms(self) -> int:
        return self._by.now_ms()


class FakeScheduling:
    """The declared topics on a broker in this process, and instances of the scheduler on them."""

    def __init__(self, broker: FakeBroker) -> None:
        self.broker = broker
        self.clock = ManualClock()
        self.catalog, self.codec, self.pipeline = Catalog.load(), Codec(), Pipeline.load()
        self._instances: list[InProcessScheduler] = []
        ensure_topics(_OPTIONS, self.catalog)

    def instance(self, rules: str = "", name: str = "a") -> "InProcessScheduler":
        """One, started; *rules* as in schedules.yaml, below `rules:`."""
        made = InProcessScheduler(self, rules, name)
        self._instances.append(made)
        made.loop.start()
        return made

    def say(self, *states: dict[str, Any], lane: int = 0) -> None:
        """What stages say of jobs."""
        for state in states:
            self.write("job-state", state["job_id"], encoded(state), lane=lane)

    def order(self, rule: str, kind: str, **fields: Any) -> None:
        """What somebody wants of a rule, in all lanes."""
        value = {"command_id": f"{kind}-{rule}", "rule": rule, "kind": kind, "by": "me", "at": 0}
        data = self.codec.encode("schedule-command", value | fields)
        for lane in range(self.catalog["schedule-commands"].partitions):
            self.write("schedule-commands", rule, data, lane=lane)

    def write(self, topic: str, key: str, value: bytes | None, *, lane: int = 0) -> None:
        place = self.catalog[topic].name, lane
        self.broker.append(place, Record(key.encode(), value, None, self.broker.now_ms()))

    def read(self, topic: str, *, lane: int | None = None) -> list[dict[str, Any]]:
        """Every record that a read_committed reader sees, decoded; {} for a tombstone."""
        record = split_version(self.catalog[topic].value)[0]
        found = []
        for place in self.broker.places((self.catalog[topic].name,)):
            if lane not in {None, place[1]}:
                continue
            log = self.broker.log(place)
            offset, each = log.next_visible(log.first, committed_only=True)
            while each is not None:
                found.append(self.codec.decode(each.value, record) if each.value else {})
                offset, each = log.next_visible(offset + 1, committed_only=True)
        return found

    def commands(self) -> list[dict[str, Any]]:
        return self.read("job-commands")

    def turn_until(
        self, condition: Callable[[], object], told: Callable[[], object] = lambda: ""
    ) -> None:
        """Turn all that are alive until *condition* holds."""

        def turned() -> bool:
            for each in self._instances:
                each.turn()
            return bool(condition())

        wait_until(turned, told, pause_seconds=0)

    def close(self) -> None:
        self.broker.faults.clear()
        for each in self._instances:
            each.loop.close()


class InProcessScheduler:
    """One instance; nothing happens in it but by `turn`."""

    def __init__(self, scheduling: FakeScheduling, rules: str, name: str) -> None:
        settings = SchedulerSettings(
            kafka_bootstrap_servers="fake:9092",
            object_store_url="memory://",
            http_port=0,
            instance_id=name,
        )
        self.health = Health()
        self.alive = True
        self._broker = scheduling.broker
        self.loop: SchedulerLoop = assemble(
            settings,
            _schedules(rules, scheduling.pipeline),
            scheduling.pipeline,
            scheduling.catalog,
            health=self.health,
            options=_OPTIONS,
            clock=WallClock(scheduling.clock),
        )
        self.consumer: Any = self.loop.consumer

    def turn(self) -> None:
        if self.alive:
            self.loop.turn()

    def kill(self) -> None:
        """As SIGKILL and the session timeout: it is never turned again, and others own it all."""
        self.alive = False
        if self.consumer.member in self._broker.groups["scheduler"].members:
            self._broker.expel(self.consumer)

    @property
    def lanes(self) -> int:
        """How many lanes it works on."""
        return len(self.loop.assignment.lanes)


def _schedules(rules: str, pipeline: Pipeline) -> Schedules:
    faults: list[str] = []
    makes = read({"rules": yaml.safe_load(rules) or []}, pipeline, faults)
    assert faults == []
    return Schedules(makes)


def written(rules: str, folder: Path) -> Path:
    """*rules* as a file."""
    path = folder / "schedules.yaml"
    path.write_text("rules:\n" + rules, encoding="utf-8")
    return path
