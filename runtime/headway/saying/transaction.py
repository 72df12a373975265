"""One frame as one Kafka transaction (KIP-98, KIP-447). What failing means: `saying.fate`."""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from headway.edges import kafka
from headway.outcomes import deadletter
from headway.saying.batches import Batches, Place, Reports
from headway.saying.fate import RECORD_FAULTS, FrameAborted, ProducerLost, failed_call, not_queued
from headway.saying.frame import Frame
from headway.saying.sweep import Sweep
from headway.taking.task import Failed, Finished, Task
from headway.wire.records import StageRecords

logger = logging.getLogger(__name__)

#: A call comes back after this long and is repeated; the client does not always keep to it.
CALL_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Route:
    """Names on the cluster a stage writes to."""

    sink: str
    state: str
    dead_letters: str
    origin: deadletter.Origin


@dataclass(frozen=True, slots=True)
class Commit:
    """The offsets a frame commits, and the membership that entitles it to."""

    offsets: list[kafka.TopicPartition]
    group_metadata: Any


class TransactionalSink:
    """Owns the transactional producer of one stage instance; for one thread, every call blocks.

    *calling* is told before each call to the client, and asked whether to go on: a call that
    does not come back is noticed by whoever counts them, and a producer that was given up in
    the meantime does nothing more.
    """

    def __init__(
        self,
        make_producer: Callable[[], kafka.Producer],
        route: Route,
        records: StageRecords,
        calling: Callable[[], bool] = lambda: True,
        *,
        sweep: Sweep | None = None,
    ) -> None:
        self._make_producer = make_producer
        self._route = route
        self._records = records
        self._calling = calling
        self._sweep = sweep
        self._producer: kafka.Producer | None = None
        self._proven: set[Place] = set()

    def open(self) -> None:
        """Create the producer; ends an unfinished transaction of a predecessor of its id.

        Blocks until the cluster answers, however long it is away.

        Raises:
            ProducerLost: the cluster refused, or the producer was given up meanwhile.
        """
        producer = self._make_producer()
        self._call(lambda: producer.init_transactions(CALL_SECONDS))
        try:
            for step in self._sweep.steps(producer) if self._sweep else ():
                self._call(step)
        except FrameAborted as error:
            raise ProducerLost(str(error)) from error
        self._producer = producer

    def write(self, frame: Frame, commit: Commit) -> None:
        """Say *frame* and commit its offsets in one transaction.

        Raises:
            FrameAborted: nothing was said; the frame is unchanged.
            ProducerLost: see `headway.saying.fate`.
        """
        producer = self._producer
        if producer is None:
            raise ProducerLost("the producer was not opened")
        reports = Reports(frame, self._proven)
        self._call(producer.begin_transaction)
        try:
            self._produce(producer, frame, reports)
            self._call(
                lambda: producer.send_offsets_to_transaction(
                    commit.offsets, commit.group_metadata, CALL_SECONDS
                )
            )
            if reports.wanted:
                self._flush(producer)
                reports.check()
            self._call(lambda: producer.commit_transaction(CALL_SECONDS))
        except FrameAborted as error:
            self._abort(producer)
            raise reports.settled(error) from error
        reports.committed()

    def _flush(self, producer: kafka.Producer) -> None:
        """Wait until every delivery was reported; the client ends what takes too long."""
        while self._calling():
            if not producer.flush(CALL_SECONDS):
                return
        raise ProducerLost("given up: records were not delivered in time")

    def _abort(self, producer: kafka.Producer) -> None:
        def step() -> None:
            producer.poll(0)  # what was delivered is reported; unreported records hold an abort up
            producer.abort_transaction(CALL_SECONDS)

        self._call(step)
        producer.poll(0)

    def _produce(self, producer: kafka.Producer, frame: Frame, reports: Reports) -> None:
        outputs = Batches(self._route.sink)
        states = Batches(self._route.state)
        failed = [task for task in frame.tasks if isinstance(task.outcome, Failed)]
        places = self._dead_letters(producer, failed) if failed else {}
        for partition, tasks in _finished(frame).items():
            ends = [task.outcome for task in tasks]
            outputs.extend(partition, [end.output for end in ends], tasks)  # type: ignore[union-attr]  # all are Finished
            states.extend(partition, [end.state for end in ends], tasks)  # type: ignore[union-attr]  # as above
        for task in failed:
            for key, value in self._failed_state(task, places):
                states.add(task.partition.index, key, value, task)
        for key, (at_work, state) in frame.running.items():
            states.add(at_work.partition.index, key, state, None)
        outputs.produce(producer, reports)
        states.produce(producer, reports)

    def _dead_letters(self, producer: kafka.Producer, failed: Sequence[Task]) -> dict[Task, int]:
        """Produce the dead letters; where each lies. Blocks until the broker has them."""
        places: dict[Task, int] = {}
        refused: list[Task] = []
        for task in failed:
            self._dead_letter(producer, task, places, refused)
        # Offsets are known only when the broker has the records; only frames with failures wait.
        self._flush(producer)
        if refused or len(places) < len(failed):
            raise FrameAborted(
                f"{len(failed) - len(places)} dead letters were not delivered",
                refused=refused,
                passing=not refused,
            )
        return places

    def _dead_letter(
        self, producer: kafka.Producer, task: Task, places: dict[Task, int], refused: list[Task]
    ) -> None:
        def delivered(error: kafka.KafkaError | None, message: kafka.Message) -> None:
            offset = message.offset()
            if error is None and offset is not None and offset >= 0:
                places[task] = offset
            elif error is not None and error.code() in RECORD_FAULTS:
                refused.append(task)

        if isinstance(task.outcome, Failed):
            key, value, headers = deadletter.letter(task, task.outcome, self._route.origin)
            try:
                producer.produce(
                    self._route.dead_letters,
                    value=value,
                    key=key,
                    partition=task.partition.index,
                    headers=headers,
                    on_delivery=delivered,
                )
            except kafka.KafkaException as error:
                raise not_queued(error.args[0], [task]) from error
            except BufferError as error:
                raise FrameAborted(str(error), passing=True) from error

    def _failed_state(self, task: Task, places: dict[Task, int]) -> Iterator[tuple[bytes, bytes]]:
        failed = task.outcome
        if not isinstance(failed, Failed) or failed.envelope is None:
            return
        place = {
            "topic": self._route.dead_letters,
            "partition": task.partition.index,
            "offset": places[task],
        }
        error = {
            "stage": self._route.origin.stage,
            "error_class": failed.error_class,
            "message": failed.message,
            "retry_available": failed.retry_available,
            "dead_letter": place,
        }
        key = failed.envelope["job_id"].encode()
        reached = task.progress[0] if task.progress else 0
        yield key, self._records.failed(failed.envelope, failed.at, error, reached=reached)

    def _call(self, step: Callable[[], Any]) -> None:
        """One call to the producer: repeated while it times out, its failures sorted in two."""
        while self._calling():
            try:
                step()
            except kafka.KafkaException as error:
                logger.info("transaction.error", extra={"error": kafka.describe(error)})
                fate = failed_call(error)
                if fate is not None:
                    raise fate from error
            else:
                return
        raise ProducerLost("given up: a call to the client did not come back in time")


def _finished(frame: Frame) -> dict[int, list[Task]]:
    """The tasks that finished, by the partition they are of."""
    found: defaultdict[int, list[Task]] = defaultdict(list)
    for task in frame.tasks:
        if isinstance(task.outcome, Finished):
            found[task.partition.index].append(task)
    return found
