"""The client's producer over the broker in this process."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import confluent_kafka
from support.fake_kafka import errors
from support.fake_kafka.log import Fate, Place, Transaction
from support.fake_kafka.record import Record

from headway.edges import kafka

if TYPE_CHECKING:
    from support.fake_kafka.broker import FakeBroker

Delivery = Callable[[kafka.KafkaError | None, kafka.Message], None]
_QUEUE_RECORDS = 100_000
_MESSAGE_BYTES = 1_000_000


class FakeProducer:
    """What the runtime calls of a `kafka.Producer`; records reach the broker at once.

    A record counts as queued until its delivery report is served, by `poll`, `flush` or the end
    of the transaction, as with the real one.
    """

    def __init__(self, broker: "FakeBroker", options: dict[str, Any]) -> None:
        self.options = options
        self.transactional_id: str | None = options.get("transactional.id")
        self._broker = broker
        self._epoch = 0
        self._transaction: Transaction | None = None
        self._spoilt: kafka.KafkaException | None = None
        #: After a record the broker refused, the next transaction that writes there is spoilt too:
        #: the client has counted a record the broker has not.
        self._skipped: set[Place] = set()
        self._reports: deque[Callable[[], None]] = deque()

    def __len__(self) -> int:
        return len(self._reports)

    def __bool__(self) -> bool:
        return True

    def init_transactions(self, _timeout: float = -1) -> None:
        with self._call("init_transactions"):
            assert self.transactional_id is not None
            self._epoch = self._broker.open_producer(self.transactional_id)

    def begin_transaction(self) -> None:
        with self._call("begin_transaction"):
            if self._epoch == 0 or self._transaction is not None:
                raise errors.state("Init" if self._epoch == 0 else "InTransaction")
            assert self.transactional_id is not None
            self._transaction = Transaction()
            if not self._fenced():
                self._transaction = self._broker.begin(self.transactional_id)

    def produce(
        self,
        topic: str,
        value: str | bytes | None = None,
        key: str | bytes | None = None,
        partition: int = -1,
        *,
        on_delivery: Delivery | None = None,
        callback: Delivery | None = None,
        timestamp: int = 0,
        headers: Any = None,
    ) -> None:
        with self._call("produce"):
            record = Record(
                _raw(key), _raw(value), _pairs(headers), timestamp or self._broker.now_ms()
            )
            self._enqueue(topic, partition, record, on_delivery or callback)

    def produce_batch(
        self, topic: str, messages: list[dict[str, Any]], partition: int = -1, **_: Any
    ) -> int:
        """How many were queued; the others are told why in their `_error`."""
        with self._call("produce_batch"):
            return sum(self._queued(topic, partition, message) for message in messages)

    def poll(self, _timeout: float = -1) -> int:
        with self._call("producer.poll"):
            return self._serve()

    def flush(self, _timeout: float = -1) -> int:
        with self._call("flush"):
            self._serve()
            return len(self)

    def purge(self, **_: bool) -> None:
        self._reports.clear()

    def send_offsets_to_transaction(
        self, positions: list[kafka.TopicPartition], group_metadata: bytes, _timeout: float = -1
    ) -> None:
        with self._call("send_offsets_to_transaction"), self._broker.changed:
            open_one = self._usable()
            name = group_metadata[11:].split(b"\0")[0].decode()
            group = self._broker.groups[name]
            code = group.refusal(group_metadata)
            if code is not None:
                self._spoilt = errors.abortable(code, "Failed to commit offsets to transaction")
                raise self._spoilt
            for position in positions:
                place = position.topic, position.partition
                open_one.offsets[name, place] = position.offset, position.metadata or ""
                group.await_end_of(open_one, place)

    def commit_transaction(self, _timeout: float = -1) -> None:
        with self._call("commit_transaction"):
            open_one = self._usable()
            self._serve()
            self._broker.end(open_one, Fate.COMMITTED)
            self._transaction = None

    def abort_transaction(self, _timeout: float = -1) -> None:
        with self._call("abort_transaction"):
            self._refuse_fenced()
            if self._transaction is None:
                raise errors.state("Ready")
            self._serve()
            self._broker.end(self._transaction, Fate.ABORTED)
            self._transaction = self._spoilt = None

    def list_topics(self, topic: str | None = None, timeout: float = -1) -> Any:
        return self._broker.admin({}).list_topics(topic, timeout)

    def close(self) -> bool:
        return True

    @contextmanager
    def _call(self, name: str) -> Iterator[None]:
        with self._broker.faults.around(name):
            yield

    def _enqueue(
        self, topic: str, partition: int, record: Record, delivered: Delivery | None
    ) -> None:
        refusal = self._refusal(topic, partition, record)
        if refusal is not None:
            raise refusal
        if len(self) >= self.options.get("queue.buffering.max.messages", _QUEUE_RECORDS):
            raise BufferError("Local: Queue full")
        index = self._choose(topic, partition, record)
        offset, error = self._send((topic, index), record)
        message = record.message(topic, index, offset, error)
        self._reports.append(partial(delivered or _nothing, error, message))

    def _send(self, place: Place, record: Record) -> tuple[int, kafka.KafkaError | None]:
        """Offset and error of a record on its way to the broker."""
        try:
            self._refuse_fenced()
            if place in self._skipped:
                self._skipped.discard(place)
                raise errors.abortable(kafka.KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER)
            return self._broker.append(place, record, self._transaction), None
        except kafka.KafkaException as refused:
            error: kafka.KafkaError = refused.args[0]
        if self._transaction is not None:
            self._spoilt = kafka.KafkaException(error)
            if error.code() == kafka.KafkaError.MSG_SIZE_TOO_LARGE:
                self._skipped.add(place)
        return -1001, error

    def _refusal(self, topic: str, partition: int, record: Record) -> kafka.KafkaException | None:
        if self.transactional_id is not None and self._transaction is None:
            return errors.plain(kafka.KafkaError._STATE)
        if record.size_bytes > int(self.options.get("message.max.bytes", _MESSAGE_BYTES)):
            return errors.plain(kafka.KafkaError.MSG_SIZE_TOO_LARGE)
        if topic not in self._broker.topics or partition >= len(self._broker.topics[topic]):
            return errors.plain(kafka.KafkaError._UNKNOWN_PARTITION)
        return None

    def _queued(self, topic: str, partition: int, message: dict[str, Any]) -> bool:
        record = Record(
            _raw(message.get("key")),
            _raw(message.get("value")),
            _pairs(message.get("headers")),
            message.get("timestamp") or self._broker.now_ms(),
        )
        delivered = message.get("on_delivery") or message.get("callback")
        try:
            self._enqueue(topic, partition, record, delivered)
        except BufferError:
            message["_error"] = kafka.KafkaError(kafka.KafkaError._QUEUE_FULL)
        except kafka.KafkaException as error:
            message["_error"] = error.args[0]
        else:
            return True
        return False

    def _choose(self, topic: str, partition: int, record: Record) -> int:
        if partition >= 0:
            return partition
        count = len(self._broker.topics[topic])
        return confluent_kafka.murmur2(record.key, count) if record.key else 0

    def _serve(self) -> int:
        served = 0
        while self._reports:
            self._reports.popleft()()
            served += 1
        return served

    def _fenced(self) -> bool:
        if self.transactional_id is None:
            return False
        return self._broker.epochs[self.transactional_id] != self._epoch

    def _refuse_fenced(self) -> None:
        if self._fenced():
            raise errors.fenced()

    def _usable(self) -> Transaction:
        """The open transaction.

        Raises:
            KafkaException: there is none, it must be aborted, or the producer is fenced.
        """
        if self._transaction is None:
            raise errors.state("Ready")
        self._refuse_fenced()
        if self._spoilt is not None:
            raise self._spoilt
        return self._transaction


def _raw(value: str | bytes | None) -> bytes | None:
    return value.encode() if isinstance(value, str) else value


def _pairs(headers: Any) -> kafka.Headers | None:
    if not headers:
        return None
    pairs = headers.items() if isinstance(headers, dict) else headers
    return [(name, _raw(value)) for name, value in pairs]


def _nothing(_error: kafka.KafkaError | None, _message: kafka.Message) -> None:
    """Nobody asked to be told."""
