"""Kafka in this process, as far as the runtime uses it; passes the suite of `runtime/client`.

Everything is under one lock and nothing waits for anything but records: a test drives the group
(`expel`), loses records (`truncate`) and puts faults in the way of calls (`faults`).
"""

import itertools
import threading
from collections import defaultdict
from typing import Any

from support.fake_kafka import errors
from support.fake_kafka.admin import FakeAdmin
from support.fake_kafka.consumer import FakeConsumer
from support.fake_kafka.faults import Faults
from support.fake_kafka.group import Group
from support.fake_kafka.log import Entry, Fate, PartitionLog, Place, Transaction
from support.fake_kafka.producer import FakeProducer
from support.fake_kafka.record import Record

from headway.edges import kafka

#: A topic takes batches of so many bytes unless its `max.message.bytes` says otherwise.
_MAX_MESSAGE_BYTES = 1_048_588


class FakeBroker:
    """Topics, groups and transactions, and the clients of them."""

    def __init__(self) -> None:
        self.changed = threading.Condition(threading.RLock())
        self.topics: dict[str, list[PartitionLog]] = {}
        self.configs: defaultdict[str, dict[str, str]] = defaultdict(dict)
        self.groups: defaultdict[str, Group] = defaultdict(Group)
        self.faults = Faults()
        self.producers: list[FakeProducer] = []
        self.consumers: list[FakeConsumer] = []
        self.epochs: defaultdict[str, int] = defaultdict(int)
        #: Set: the next transaction that a new epoch should abort is forgotten instead, as by a
        #: broker that was killed; it ends as the next one of its id that writes there.
        self.forgets_markers = False
        self._forgotten: dict[str, Transaction] = {}
        self._transactions: dict[str, Transaction] = {}
        self._numbers = itertools.count(1)
        self._now_ms = itertools.count(1_764_000_000_000)

    def install(self, patch: Any) -> None:
        """Put the fakes in the client's place at the one border, with pytest's *patch*."""
        patch.setattr(kafka, "Consumer", self.consumer)
        patch.setattr(kafka, "Producer", self.producer)
        patch.setattr(kafka, "AdminClient", self.admin)

    def consumer(self, options: dict[str, Any]) -> FakeConsumer:
        made = FakeConsumer(self, options, f"member-{next(self._numbers)}")
        self.consumers.append(made)
        return made

    def producer(self, options: dict[str, Any]) -> FakeProducer:
        made = FakeProducer(self, options)
        self.producers.append(made)
        return made

    def admin(self, _options: dict[str, Any]) -> FakeAdmin:
        return FakeAdmin(self)

    def create(self, topic: str, *, partitions: int, **config: str) -> None:
        """A topic; words of *config* are joined by `_` here and by `.` there."""
        with self.changed:
            self.topics[topic] = [PartitionLog() for _ in range(partitions)]
            self.configs[topic] = {name.replace("_", "."): v for name, v in config.items()}

    def grow(self, topic: str, partitions: int) -> None:
        """Add partitions to *topic* until it has as many."""
        with self.changed:
            logs = self.topics[topic]
            logs += [PartitionLog() for _ in range(partitions - len(logs))]

    def log(self, place: Place) -> PartitionLog:
        return self.topics[place[0]][place[1]]

    def places(self, topics: tuple[str, ...]) -> list[Place]:
        """Every partition of *topics* that exist."""
        return [(t, index) for t in topics for index in range(len(self.topics.get(t, ())))]

    def append(self, place: Place, record: Record, transaction: Transaction | None = None) -> int:
        """The offset of *record*.

        Raises:
            KafkaException: it is larger than the topic takes.
        """
        with self.changed:
            limit = self.configs[place[0]].get("max.message.bytes", _MAX_MESSAGE_BYTES)
            if record.size_bytes > int(limit):
                raise errors.abortable(kafka.KafkaError.MSG_SIZE_TOO_LARGE)
            if transaction is not None:
                transaction.places.add(place)
            offset = self.log(place).append(Entry(record, transaction))
            self.changed.notify_all()
            return offset

    def now_ms(self) -> int:
        return next(self._now_ms)

    def set_time(self, now_ms: int) -> None:
        """What is written from now on without a time of its own is of *now_ms* and after."""
        self._now_ms = itertools.count(now_ms)

    def truncate(self, place: Place, end: int) -> None:
        """Lose the records of *place* from *end* on."""
        with self.changed:
            self.log(place).truncate(end)
            self.changed.notify_all()

    def expel(self, consumer: FakeConsumer, *, noticed: bool = False) -> None:
        """End the membership of *consumer* as a session timeout does."""
        with self.changed:
            self.groups[consumer.group_id].expel(consumer.member, noticed=noticed)
            self.changed.notify_all()

    def open_producer(self, transactional_id: str) -> int:
        """A new epoch of the id; ends what the one before left open."""
        with self.changed:
            left = self._transactions.pop(transactional_id, None)
            if left is not None and self.forgets_markers and left.fate is Fate.OPEN:
                self._forgotten[transactional_id], self.forgets_markers = left, False
            elif left is not None:
                self.end(left, Fate.ABORTED)
            self.epochs[transactional_id] += 1
            return self.epochs[transactional_id]

    def begin(self, transactional_id: str) -> Transaction:
        with self.changed:
            begun = self._transactions[transactional_id] = Transaction()
            return begun

    def open_places(self) -> set[Place]:
        """Where transactions that are open have written."""
        opened = [t for t in self._transactions.values() if t.fate is Fate.OPEN]
        return {place for transaction in opened for place in transaction.places}

    def end(self, transaction: Transaction, fate: Fate) -> None:
        """Commit or abort: markers in every partition, and offsets with them."""
        with self.changed:
            if transaction.fate is not Fate.OPEN:
                return
            transaction.fate = fate
            for left in self._ended_by(transaction):
                self.end(left, fate)
            for place in transaction.places:
                self.log(place).append(Entry(None, transaction))
            if fate is Fate.COMMITTED:
                for (group, place), committed in transaction.offsets.items():
                    self.groups[group].committed[place] = committed
            self.changed.notify_all()

    def _ended_by(self, transaction: Transaction) -> list[Transaction]:
        """What was forgotten and ends with *transaction*, whose markers it meets."""
        ids = [name for name, begun in self._transactions.items() if begun is transaction]
        met = [n for n in ids if n in self._forgotten]
        return [
            self._forgotten.pop(name)
            for name in met
            if self._forgotten[name].places & transaction.places
        ]
