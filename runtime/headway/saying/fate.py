"""What a call to the producer that failed means: for the frame, for a record in it, for all.

committed      everything in the frame is visible, and so are the offsets.
FrameAborted   nothing of it is; the frame may be said again after the consumer was polled.
ProducerLost   nothing more can be said with this producer, and whether the frame was committed
               is unknown: recreate the producer and read on from the committed offsets.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from headway.base.errors import HeadwayError
from headway.edges import kafka
from headway.taking.task import Task

#: What brokers or the client say of a record that will never be taken, wherever it is sent.
RECORD_FAULTS: Final = frozenset(
    {
        kafka.KafkaError.MSG_SIZE_TOO_LARGE,
        kafka.KafkaError.RECORD_LIST_TOO_LARGE,
        kafka.KafkaError.INVALID_MSG,
        kafka.KafkaError.INVALID_MSG_SIZE,
        kafka.KafkaError.INVALID_RECORD,
        kafka.KafkaError.INVALID_TIMESTAMP,
        kafka.KafkaError.POLICY_VIOLATION,
    }
)
#: The cluster or the group is just not able to: says nothing about what the frame carries.
_PASSING: Final = frozenset(
    {
        kafka.KafkaError._TIMED_OUT,  # noqa: SLF001 - the client's own codes have no other name
        kafka.KafkaError._TIMED_OUT_QUEUE,  # noqa: SLF001
        kafka.KafkaError._TRANSPORT,  # noqa: SLF001
        kafka.KafkaError._ALL_BROKERS_DOWN,  # noqa: SLF001
        kafka.KafkaError._QUEUE_FULL,  # noqa: SLF001
        kafka.KafkaError.REQUEST_TIMED_OUT,
        kafka.KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
        kafka.KafkaError.COORDINATOR_NOT_AVAILABLE,
        kafka.KafkaError.NOT_COORDINATOR,
        kafka.KafkaError.CONCURRENT_TRANSACTIONS,
        kafka.KafkaError.NOT_ENOUGH_REPLICAS,
        kafka.KafkaError.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
        kafka.KafkaError.LEADER_NOT_AVAILABLE,
        kafka.KafkaError.NOT_LEADER_FOR_PARTITION,
        kafka.KafkaError.ILLEGAL_GENERATION,
        kafka.KafkaError.UNKNOWN_MEMBER_ID,
        kafka.KafkaError.REBALANCE_IN_PROGRESS,
        kafka.KafkaError.FENCED_INSTANCE_ID,
        # Answers to the transaction after one of which the broker refused a record: the client
        # counted a sequence number for what the broker did not take.
        kafka.KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER,
        kafka.KafkaError.UNKNOWN_PRODUCER_ID,
    }
)


class FrameAborted(HeadwayError):  # noqa: N818 - an outcome, not a fault
    """The transaction was aborted; the same frame may be tried again.

    `refused` are tasks of which a record is known to be the reason: never to be tried as they
    are. `passing` says that the reason lies outside the frame.
    """

    def __init__(
        self, message: str, *, refused: Sequence[Task] = (), passing: bool = False
    ) -> None:
        super().__init__(message)
        self.refused = tuple(refused)
        self.passing = passing


class ProducerLost(HeadwayError):  # noqa: N818 - an outcome, not a fault
    """The producer is of no more use and the frame's fate unknown.

    `refused` says that the cluster or the client refused it, as it does where two instances
    have one id; otherwise it only did not answer.
    """

    def __init__(self, message: str, *, refused: bool = False) -> None:
        super().__init__(message)
        self.refused = refused


def not_queued(cause: kafka.KafkaError, tasks: Iterable[Task]) -> FrameAborted:
    """What it means that the client did not take records of *tasks*."""
    words = f"not queued: {kafka.describe(kafka.KafkaException(cause))}"
    if cause.code() in RECORD_FAULTS:
        return FrameAborted(words, refused=list(tasks))
    return FrameAborted(words, passing=cause.code() in _PASSING)


def failed_call(error: kafka.KafkaException) -> FrameAborted | ProducerLost | None:
    """What a call that raised *error* has come to; None: it may be repeated."""
    cause = error.args[0]
    if cause.txn_requires_abort():
        return FrameAborted(kafka.describe(error), passing=cause.code() in _PASSING)
    if cause.fatal() or not cause.retriable():
        return ProducerLost(kafka.describe(error), refused=True)
    return None
