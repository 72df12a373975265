"""Topics of a lane with records of some hours, and a pass that trims them."""

from typing import Final

from support.fake_kafka.record import Record
from support.scheduling.rig import FakeScheduling

from headway.edges import kafka
from scheduler.lane.words import Words
from scheduler.passes.errand import Done
from scheduler.passes.given import Given
from scheduler.passes.trim import Trim
from scheduler.settings import SchedulerSettings
from scheduler.taking.walker import StateWalker

HOUR_MS: Final = 3_600_000


class TrimmedTopics:
    """The declared topics, with ten records each in lane 0, written an hour apart."""

    def __init__(self, scheduling: FakeScheduling) -> None:
        self.scheduling, self.broker = scheduling, scheduling.broker
        self.now_ms = scheduling.clock.now_ms()
        for hour in range(10, 0, -1):
            self.broker.set_time(self.now_ms - hour * HOUR_MS)
            for topic in ("jobs.submitted", "p1.retry.1", "p1.held", "jobs.p1-done"):
                self.broker.append((topic, 0), Record(b"job", b"x", None, self.broker.now_ms()))
        self.broker.set_time(self.now_ms)

    def commit(self, group: str, **offsets: int) -> None:
        """What *group* is done with; `_` in a topic's name stands for a dot."""
        told = {(t.replace("_", "."), 0): (o, "") for t, o in offsets.items()}
        self.broker.groups[group].committed.update(told)

    def trim(self, keep_hours: int, *, dry: bool = False, store: str = "memory://") -> Done:
        options: kafka.Options = {"bootstrap.servers": "fake:9092"}
        given = self.scheduling
        words = Words.of(given.codec, given.catalog, given.pipeline)
        walker = StateWalker(options, words)
        try:
            trim = Trim(
                Given(
                    settings=SchedulerSettings(
                        kafka_bootstrap_servers="fake:9092", object_store_url=store
                    ),
                    options=options,
                    catalog=given.catalog,
                    pipeline=given.pipeline,
                    codec=given.codec,
                    walker=walker,
                    clock=given.clock,
                ),
                keep_hours * HOUR_MS,
            )
            return trim.run(0, dry=dry)
        finally:
            walker.close()

    def first(self, topic: str) -> int:
        return self.broker.log((topic, 0)).first
