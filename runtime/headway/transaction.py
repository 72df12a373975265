"""One frame as one Kafka transaction (KIP-98, KIP-447), and what each way of failing means.

committed      everything in the frame is visible, and so are the offsets.
FrameAborted   nothing of it is; the frame may be said again after the consumer was polled.
ProducerLost   nothing more can be said with this producer, and whether the frame was committed
               is unknown: recreate the producer and read on from the committed offsets.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from headway import deadletter, kafka
from headway.errors import HeadwayError
from headway.frame import Frame
from headway.records import StageRecords
from headway.tasks import Failed, Finished, Task

logger = logging.getLogger(__name__)

#: Calls that time out are repeated; each one blocks the loop for at most this long.
_CALL_SECONDS: Final = 5.0
#: Repeats of a call that timed out: together longer than any sane transaction timeout, and
#: shorter than the five minutes after which the group expects the loop to have polled.
_CALLS: Final = 24


class FrameAborted(HeadwayError):  # noqa: N818 - an outcome, not a fault
    """The transaction was aborted; the same frame may be tried again."""


class ProducerLost(HeadwayError):  # noqa: N818 - an outcome, not a fault
    """The producer is of no more use and the frame's fate unknown."""


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
    """Owns the transactional producer of one stage instance; for one thread, every call blocks."""

    def __init__(
        self, make_producer: Callable[[], kafka.Producer], route: Route, records: StageRecords
    ) -> None:
        self._make_producer = make_producer
        self._route = route
        self._records = records
        self._producer: kafka.Producer | None = None

    def open(self) -> None:
        """Create the producer; ends an unfinished transaction of a predecessor of its id.

        Raises:
            ProducerLost: the cluster did not answer or refused.
        """
        self._producer = None
        producer = self._make_producer()
        _call(lambda: producer.init_transactions(_CALL_SECONDS))
        self._producer = producer

    def write(self, frame: Frame, commit: Commit) -> None:
        """Say *frame* and commit its offsets in one transaction.

        Raises:
            FrameAborted: nothing was said; the frame is unchanged.
            ProducerLost: see the module.
        """
        producer = self._producer
        if producer is None:
            raise ProducerLost("the producer was not opened")
        _call(producer.begin_transaction)
        try:
            self._produce(producer, frame)
            _call(
                lambda: producer.send_offsets_to_transaction(
                    commit.offsets, commit.group_metadata, _CALL_SECONDS
                )
            )
            _call(lambda: producer.commit_transaction(_CALL_SECONDS))
        except (FrameAborted, BufferError) as error:
            _call(lambda: producer.abort_transaction(_CALL_SECONDS))
            raise FrameAborted(str(error)) from error

    def _produce(self, producer: kafka.Producer, frame: Frame) -> None:
        outputs, states = [], []
        for task in frame.finished:
            outcome, partition = task.outcome, task.partition.index
            if isinstance(outcome, Finished):
                outputs.append({"key": task.key, "value": outcome.output, "partition": partition})
                states.append({"key": task.key, "value": outcome.state, "partition": partition})
        for key, (owned, state) in frame.running.items():
            states.append({"key": key, "value": state, "partition": owned.index})
        states += self._dead_letters(producer, frame.failed)
        _batch(producer, self._route.sink, outputs)
        _batch(producer, self._route.state, states)

    def _dead_letters(
        self, producer: kafka.Producer, failed: Sequence[Task]
    ) -> list[dict[str, Any]]:
        """Produce the dead letters; the FAILED states that say where they lie."""
        if not failed:
            return []
        places: dict[int, int] = {}
        for index, task in enumerate(failed):
            _call(partial(self._dead_letter, producer, index, task, places))
        # Offsets are known only when the broker has the records; only frames with failures wait.
        _call(lambda: _flush(producer))
        return [
            {"key": key, "value": value, "partition": task.partition.index}
            for index, task in enumerate(failed)
            for key, value in self._failed_state(task, places.get(index))
        ]

    def _dead_letter(
        self, producer: kafka.Producer, index: int, task: Task, places: dict[int, int]
    ) -> None:
        def delivered(error: kafka.KafkaError | None, message: kafka.Message) -> None:
            offset = message.offset()
            if error is None and offset is not None:
                places[index] = offset

        if isinstance(task.outcome, Failed):
            producer.produce(
                self._route.dead_letters,
                value=task.message.value(),
                key=task.message.key(),
                partition=task.partition.index,
                headers=deadletter.headers(task.message, task.outcome, self._route.origin),
                on_delivery=delivered,
            )

    def _failed_state(self, task: Task, offset: int | None) -> Iterable[tuple[bytes, bytes]]:
        outcome = task.outcome
        if not isinstance(outcome, Failed) or outcome.envelope is None:
            return
        if offset is None:
            raise FrameAborted(f"the dead letter of offset {task.offset} was not delivered")
        error = _error_field(outcome, self._route, task.partition.index, offset)
        key = outcome.envelope["job_id"].encode()
        yield key, self._records.failed(outcome.envelope, outcome.at, error)


def _error_field(failed: Failed, route: Route, partition: int, offset: int) -> dict[str, Any]:
    return {
        "stage": route.origin.stage,
        "error_class": type(failed.error).__name__,
        "message": deadletter.error_message(failed.error),
        "retry_available": failed.retry_available,
        "dead_letter": {"topic": route.dead_letters, "partition": partition, "offset": offset},
    }


def _batch(producer: kafka.Producer, topic: str, messages: Iterable[dict[str, Any]]) -> None:
    """Queue *messages*, each for its `partition`.

    One call a partition: the client documents a message's own `partition`, but sends by key.
    """
    by_partition: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    for message in messages:
        by_partition[message["partition"]].append(message)
    for partition, batch in by_partition.items():
        queued = producer.produce_batch(topic, batch, partition=partition)
        if queued != len(batch):
            reason = next((str(m["_error"]) for m in batch if "_error" in m), "unknown")
            raise FrameAborted(f"{len(batch) - queued} records not queued for {topic}: {reason}")


def _flush(producer: kafka.Producer) -> None:
    if producer.flush(_CALL_SECONDS):
        raise FrameAborted("dead letters were not delivered in time")


def _call(step: Callable[[], Any]) -> None:
    """One call to the producer: repeated while it times out, its failures sorted in two."""
    for _ in range(_CALLS):
        try:
            step()
        except kafka.KafkaException as error:
            cause = error.args[0]
            logger.info("transaction.error", extra={"error": kafka.describe(error)})
            if cause.txn_requires_abort():
                raise FrameAborted(kafka.describe(error)) from error
            if cause.fatal() or not cause.retriable():
                raise ProducerLost(kafka.describe(error)) from error
        else:
            return
    raise ProducerLost(f"no answer in {_CALLS * _CALL_SECONDS:g} s")
