"""Records on their way into a transaction, each with the task it comes of."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import Any, Protocol, TypeAlias, cast

from headway.edges import kafka
from headway.saying.fate import RECORD_FAULTS, FrameAborted, not_queued
from headway.taking.task import Outcome, Task
from headway.wire.route import Record, Route

Place: TypeAlias = tuple[str, int]
Delivered: TypeAlias = Callable[[kafka.KafkaError | None, kafka.Message], None]
#: What the leading records of tasks have got.
Offsets: TypeAlias = Mapping[Task, Sequence[int]]

_KIND = attrgetter("outcome.__class__")


class Said(Protocol):
    """What one transaction says, as far as its acknowledgements go."""

    @property
    def alone(self) -> bool:
        """Whether it cannot be halved."""
        ...

    @property
    def tasks(self) -> Sequence[Task]: ...


class Acknowledgements:
    """Delivery reports of one frame, asked for where they are worth their time.

    Of a frame that cannot be halved they tell whether what stands alone in it is itself the
    reason of its refusal. Of partitions this producer has not written to before they tell
    whether each record has an offset: one has none where a batch was refused because its leader
    was moving while the next batch, in flight with it, was taken by a broker that did not know the
    producer yet. The client then takes the first for acknowledged too (librdkafka, "implicitly
    acked by subsequent batch"), and it is nowhere.
    """

    def __init__(self, frame: Said, proven: set[Place]) -> None:
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
    """Records by topic and partition, each with the task it comes of."""

    def __init__(self) -> None:
        self._found: defaultdict[Place, _Batch] = defaultdict(_Batch)

    def add(self, record: Record, task: Task | None) -> None:
        """One record; None: it comes of no task that has ended."""
        self._found[record[:2]].add(record, task)

    def extend(self, tasks: Iterable[Task], route: Route, offsets: Offsets) -> None:
        """All that the outcomes of *tasks* say, beside their leading records.

        In the order of the tasks for each partition, and so for each key.
        """
        lanes: defaultdict[int, list[Task]] = defaultdict(list)
        for task in tasks:
            lanes[task.partition.index].append(task)
        for partition, lane in lanes.items():
            for kind, alike in groupby(lane, _KIND):
                self._say(kind, partition, list(alike), route, offsets)

    def _say(
        self,
        kind: type[Outcome],
        partition: int,
        tasks: Sequence[Task],
        route: Route,
        offsets: Offsets,
    ) -> None:
        columns = kind.columns(tasks, route)
        if columns is None:
            for task in tasks:
                outcome = cast("Outcome", task.outcome)
                for record in outcome.records(task, route, offsets.get(task, ())):
                    self.add(record, task)
            return
        for topic, values, traced in columns:
            self._found[topic, partition].extend(values, tasks, traced=traced)

    def produce(self, producer: kafka.Producer, acknowledged: Acknowledgements) -> None:
        """Queue them all."""
        for (topic, partition), batch in self._found.items():
            batch.produce(producer, topic, partition, acknowledged.asked(topic, partition))


class _Batch:
    """What is for one partition."""

    __slots__ = ("_headers", "_messages", "_tasks")

    def __init__(self) -> None:
        self._messages: list[dict[str, Any]] = []
        self._tasks: list[Task | None] = []
        #: Of those messages that have any, by their place; mostly none has.
        self._headers: dict[int, kafka.Headers] = {}

    def add(self, record: Record, task: Task | None) -> None:
        _, _, key, value, headers = record
        if headers is not None:
            self._headers[len(self._messages)] = headers
        self._messages.append({"key": key, "value": value})
        self._tasks.append(task)

    def extend(
        self, values: Iterable[bytes | None], tasks: Sequence[Task], *, traced: bool
    ) -> None:
        if traced:
            for place, task in enumerate(tasks, len(self._messages)):
                if task.trace is not None:
                    self._headers[place] = task.trace.headers
        self._messages += [
            {"key": task.key, "value": value} for task, value in zip(tasks, values, strict=True)
        ]
        self._tasks += tasks

    def produce(
        self, producer: kafka.Producer, topic: str, partition: int, told: Delivered | None
    ) -> None:
        """One call for all between two with headers, which the client's call for many cannot say.

        They keep their order: the next stage may do jobs in it.
        """
        begin = 0
        queue = partial(_queue, producer, (topic, partition), told)
        for place, headers in self._headers.items():
            queue(self._messages[begin:place], self._tasks[begin:place])
            message, begin = self._messages[place], place + 1
            record = Record(topic, partition, message["key"], message["value"], headers)
            produce(producer, record, self._tasks[place], told)
        queue(self._messages[begin:], self._tasks[begin:])


def _queue(
    producer: kafka.Producer,
    place: Place,
    told: Delivered | None,
    messages: list[dict[str, Any]],
    tasks: Sequence[Task | None],
) -> None:
    """The partition is named for all: a message's own is documented, but it is sent by key."""
    if not messages:
        return
    topic, partition = place
    more = {} if told is None else {"on_delivery": told}
    if producer.produce_batch(topic, messages, partition=partition, **more) == len(messages):
        return
    pairs = zip(messages, tasks, strict=True)
    errors = [(message["_error"], task) for message, task in pairs if "_error" in message]
    if not errors:
        raise FrameAborted(f"records were not queued for {topic}", passing=True)
    raise not_queued(errors[0][0], [task for _, task in errors if task is not None])


def produce(
    producer: kafka.Producer, record: Record, task: Task | None, told: Delivered | None
) -> None:
    """Queue one record.

    Raises:
        FrameAborted: the client does not take it.
    """
    try:
        producer.produce(
            record.topic,
            value=record.value,
            key=record.key,
            partition=record.partition,
            headers=record.headers or [],
            on_delivery=told,
        )
    except kafka.KafkaException as error:
        raise not_queued(error.args[0], [] if task is None else [task]) from error
    except BufferError as error:
        raise FrameAborted(str(error), passing=True) from error
