"""Records for one topic on their way into a transaction, each with the task it comes of."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

from headway.edges import kafka
from headway.saying.fate import RECORD_FAULTS, FrameAborted, not_queued
from headway.saying.frame import Frame
from headway.taking.task import Task

Place: TypeAlias = tuple[str, int]
Delivered: TypeAlias = Callable[[kafka.KafkaError | None, kafka.Message], None]


class Reports:
    """Delivery reports of one frame, asked for where they are worth their time.

    Of a frame that cannot be halved they tell whether what stands alone in it is itself the
    reason of its refusal. Of partitions this producer has not written to before they tell
    whether each record has an offset: one has none where a batch was refused because its leader
    was moving while the next batch, in flight with it, was taken by a broker that did not know the
    producer yet. The client then takes the first for acknowledged too (librdkafka, "implicitly
    acked by subsequent batch"), and it is nowhere.
    """

    def __init__(self, frame: Frame, proven: set[Place]) -> None:
        self._frame = frame
        self._proven = proven
        self._fresh: set[Place] = set()
        self._error: kafka.KafkaError | None = None
        self._nowhere = 0

    def asked(self, topic: str, partition: int) -> Delivered | None:
        """Whom to tell of the deliveries to a partition, if anybody."""
        place = (topic, partition)
        if place not in self._proven:
            self._fresh.add(place)
        return self._note if self._frame.alone or place in self._fresh else None

    @property
    def wanted(self) -> bool:
        """Whether the frame may not be committed before every delivery was reported."""
        return bool(self._fresh)

    def check(self) -> None:
        """To be called when all was reported.

        Raises:
            FrameAborted: a record is nowhere although it counts as delivered.
        """
        if self._nowhere:
            told = f"{self._nowhere} records were acknowledged without an offset"
            raise FrameAborted(told, passing=True)

    def committed(self) -> None:
        self._proven |= self._fresh

    def settled(self, error: FrameAborted) -> FrameAborted:
        """*error*, or what is known to be behind it."""
        if self._error is None or not self._frame.alone:
            return error
        words = kafka.describe(kafka.KafkaException(self._error))
        return FrameAborted(words, refused=self._frame.tasks)

    def _note(self, error: kafka.KafkaError | None, message: kafka.Message) -> None:
        if error is None:
            offset = message.offset()
            self._nowhere += offset is None or offset < 0
        elif error.code() in RECORD_FAULTS:
            self._error = error


class Batches:
    """Records for one topic, by partition, each with the task it comes of."""

    def __init__(self, topic: str) -> None:
        self._topic = topic
        self._by_partition: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
        self._tasks: defaultdict[int, list[Task | None]] = defaultdict(list)

    def add(self, partition: int, key: bytes, value: bytes, task: Task | None) -> None:
        """One record; None: it comes of no task that has ended."""
        self._by_partition[partition].append({"key": key, "value": value})
        self._tasks[partition].append(task)

    def extend(self, partition: int, values: Iterable[bytes], tasks: Sequence[Task]) -> None:
        """A record for each of *tasks*, with its key."""
        self._by_partition[partition] += [
            {"key": task.key, "value": value} for task, value in zip(tasks, values, strict=True)
        ]
        self._tasks[partition] += tasks

    def produce(self, producer: kafka.Producer, reports: Reports) -> None:
        """Queue them all.

        One call a partition: the client documents a message's own `partition`, but sends by key.
        """
        for partition, batch in self._by_partition.items():
            told = reports.asked(self._topic, partition)
            more = {} if told is None else {"on_delivery": told}
            queued = producer.produce_batch(self._topic, batch, partition=partition, **more)
            if queued != len(batch):
                raise self._refusal(batch, self._tasks[partition])

    def _refusal(self, batch: list[dict[str, Any]], tasks: list[Task | None]) -> FrameAborted:
        errors = [
            (m["_error"], task) for m, task in zip(batch, tasks, strict=True) if "_error" in m
        ]
        if not errors:
            return FrameAborted(f"records were not queued for {self._topic}", passing=True)
        return not_queued(errors[0][0], [task for _, task in errors if task is not None])
