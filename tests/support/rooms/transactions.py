"""A producer that a test decides for, and frames to write with it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from unittest.mock import Mock, create_autospec

from support.kafka.messages import envelope, message, partition, task

from headway.edges import kafka
from headway.outcomes.failed import Failed
from headway.outcomes.finished import Finished
from headway.saying.frame import Frame
from headway.saying.transaction import Commit, TransactionalSink
from headway.taking.task import Task
from headway.wire.codec import Codec
from headway.wire.commands import CommandRecords
from headway.wire.records import StageRecords
from headway.wire.route import Origin, Route

COMMIT = Commit([kafka.TopicPartition("in", 2, 8)], b"metadata")
#: What the client says of a delivery: an error or none, and the offset or none.
Report = tuple[kafka.KafkaError | None, int | None]


@dataclass
class Record:
    """A record as a delivery report shows it."""

    at: int | None

    def offset(self) -> int | None:
        return self.at


class Cluster:
    """A producer that is told what becomes of each record it is given."""

    def __init__(self) -> None:
        self.producer: Mock = create_autospec(kafka.Producer, instance=True)
        self.producer.flush.side_effect = self._flush
        self.producer.produce.side_effect = self._produce
        self.producer.produce_batch.side_effect = self._produce_batch
        #: For letters by key; those that are not here lie at offset 5.
        self.reports: dict[bytes, Report] = {}
        #: Answers of `flush`: how many records are not delivered yet.
        self.unflushed: list[int] = []
        self._waiting: list[Callable[[], None]] = []

    def seconds(self, call: str) -> list[Any]:
        """The time limit of each call of that name: its last argument."""
        return [made.args[-1] for made in getattr(self.producer, call).call_args_list]

    def _produce(self, _topic: str, *, key: bytes, on_delivery: Any = None, **_: Any) -> None:
        error, offset = self.reports.get(key, (None, 5))
        if on_delivery is not None:
            self._waiting.append(lambda: on_delivery(error, Record(offset)))

    def _produce_batch(
        self, _topic: str, batch: list[Any], partition: int, on_delivery: Any = None
    ) -> int:
        assert partition >= 0
        if on_delivery is not None:
            self._waiting += [lambda: on_delivery(None, Record(9)) for _ in batch]
        return len(batch)

    def _flush(self, _seconds: float) -> int:
        for report in self._waiting:
            report()
        self._waiting.clear()
        return self.unflushed.pop(0) if self.unflushed else 0


def route(records: StageRecords) -> Route:
    """Where records of the first stage go."""
    return Route(
        "done",
        "job-state",
        "dlq",
        ("retry",),
        "held",
        "results",
        Origin("p1", "group"),
        records,
        CommandRecords(Codec()),
    )


def open_sink(
    cluster: Cluster, first: StageRecords, calling: Callable[[], bool] = lambda: True
) -> TransactionalSink:
    """A sink that may write; *calling* tells it whether it is still called."""
    sink = TransactionalSink(lambda: cluster.producer, route(first), calling)
    sink.open()
    return sink


def failed_task(name: str, *, named: bool = False) -> Task:
    """A task given up, whose job is told if it is *named*."""
    given_up = task(partition(), received=message(b"", key=name.encode()))
    known = envelope(name) if named else None
    given_up.outcome = Failed("Broken", "why", retry_available=True, envelope=known, at=1)
    return given_up


def finished_task(name: str) -> Task:
    """A task with an output and a state."""
    done = task(partition(), received=message(b"", key=name.encode()))
    done.outcome = Finished(b"output", b"state")
    return done


def frame_of(*tasks: Task) -> Frame:
    """A frame in which *tasks* are settled."""
    frame = Frame()
    for ended in tasks:
        frame.settle(ended)
    return frame


def kafka_error(code: int) -> kafka.KafkaError:
    return kafka.KafkaError(code)
