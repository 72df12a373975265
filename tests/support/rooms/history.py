"""A partition of a source with its states in months gone by, and from where they would be read."""

from collections.abc import Mapping
from dataclasses import dataclass

from support.clock import ManualClock
from support.fake_kafka.broker import FakeBroker
from support.fake_kafka.log import Fate
from support.fake_kafka.record import Record

from headway.edges import kafka
from headway.edges.admin import Place
from headway.following.follower import Span
from headway.following.horizon import Horizon

DAY_MS = 24 * 3600 * 1000
SOURCE, STATES = "source", "states"
_OPTIONS: kafka.Options = {"bootstrap.servers": "fake"}


@dataclass
class Reader:
    """Whoever reads partition 0 of *topic* on from *begins*."""

    begins: int | None
    topic: str = SOURCE
    index: int = 0
    lost: bool = False


class History:
    """Records told by how many days before now they were appended."""

    def __init__(self, broker: FakeBroker, *topics: str) -> None:
        self._broker = broker
        self.clock = ManualClock()
        for topic in (SOURCE, STATES, *topics):
            broker.create(topic, partitions=1)

    def append(self, topic: str, *days: float) -> None:
        for each in days:
            self._broker.append((topic, 0), self._record(each))

    def append_in_transactions(self, topic: str, *days: float) -> None:
        """The same, each with a marker behind it."""
        for each in days:
            transaction = self._broker.begin("writer")
            self._broker.append((topic, 0), self._record(each), transaction)
            self._broker.end(transaction, Fate.COMMITTED)

    def _record(self, days: float) -> Record:
        at_ms = self.clock.wall_ms - round(days * DAY_MS)
        return Record(b"job", b"value", None, at_ms)

    def spans(
        self, *readers: Reader, keep_days: int = 30, asked: int = kafka.OFFSET_BEGINNING
    ) -> Mapping[Place, Span]:
        """What a horizon says of the states for *readers*."""
        horizon = Horizon(keep_days * DAY_MS, self.clock)
        for reader in readers:
            horizon.mind(reader)
        horizon.forget_lost()
        consumer = kafka.consumer(_OPTIONS, group_id="any")
        place = kafka.TopicPartition(STATES, 0, asked)
        return horizon.spans(_OPTIONS)(consumer, [place])

    def first(self, *readers: Reader, keep_days: int = 30) -> int:
        """From which state they read."""
        return self.spans(*readers, keep_days=keep_days)[STATES, 0].first
