"""Dead letters of a partition as they lie, oldest first, up to a time."""

import time
from collections.abc import Iterator
from contextlib import closing
from typing import Final, NamedTuple

from headway.base.errors import DecodeError, TransientError
from headway.base.numbers import number_of
from headway.edges import kafka
from headway.edges.messages import headers_of, is_end_of_partition
from headway.outcomes.deadletter import PREFIX, claimed
from headway.owning.place import Place
from headway.wire.carried import CarriedRecords
from headway.wire.codec import Codec
from headway.wire.envelope import FIRST_ATTEMPT, MOST_ATTEMPTS
from headway.wire.records import job_id_from

#: Looked at in one pass, at most: some 300 bytes each. The next one begins behind what went.
_MOST: Final = 100_000
_BATCH: Final = 100
_POLL_SECONDS: Final = 0.5
_ANSWER_SECONDS: Final = 30.0
#: Letters are up to 2 MB each, and only their headers are looked at.
_BUFFER_KB: Final = 8 * 1024


class Lying(NamedTuple):
    """A dead letter: whose it is, and the objects that hold what it could not.

    *told*: a stage has said whose it is; else that is its record's key, which may be anything.
    """

    offset: int
    job_id: str | None
    attempt: int
    claims: tuple[str, ...]
    told: bool


def lying(options: kafka.Options, codec: Codec, place: Place, before_ms: int) -> list[Lying]:
    """The letters at the front of *place* that came before a moment. Blocks, for threads.

    Raises:
        KafkaException, TransientError: the cluster does not answer.
    """
    carried, found = CarriedRecords(codec), list[Lying]()
    reading: kafka.Options = {"queued.max.messages.kbytes": _BUFFER_KB}
    consumer = kafka.consumer(options | reading, enable_partition_eof=True, fetch_wait_max_ms=10)
    with closing(consumer):
        consumer.assign([kafka.TopicPartition(*place, kafka.OFFSET_BEGINNING)])
        for message in _messages(consumer):
            if len(found) == _MOST or message.timestamp()[1] >= before_ms:
                break
            found.append(_of(message, carried))
    return found


def _messages(consumer: kafka.Consumer) -> Iterator[kafka.Message]:
    """All there are, to the end of what is committed."""
    deadline = time.monotonic() + _ANSWER_SECONDS
    while time.monotonic() < deadline:
        # Asked for many, the client waits for all of them or its time; one comes at once.
        first = consumer.poll(_POLL_SECONDS)
        for message in [] if first is None else [first, *consumer.consume(_BATCH, timeout=0)]:
            if is_end_of_partition(message):
                return
            if (error := message.error()) is not None:
                raise kafka.KafkaException(error)
            deadline = time.monotonic() + _ANSWER_SECONDS
            yield message
    raise TransientError(f"Kafka gave no dead letters for {_ANSWER_SECONDS:g} s")


def _of(message: kafka.Message, carried: CarriedRecords) -> Lying:
    offset, claims = message.offset() or 0, tuple(claimed(message))
    try:
        job = carried.of(message).envelope
    except DecodeError:
        return Lying(offset, job_id_from(message.key()), _attempt(message), claims, told=False)
    return Lying(offset, str(job["job_id"]), int(job["attempt"]), claims, told=True)


def _attempt(message: kafka.Message) -> int:
    """As the header says; the first where none does, or it says no number of an attempt."""
    told = [value for name, value in headers_of(message) if name == f"{PREFIX}attempt"]
    text = told[-1] if told else b""
    text = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return number_of(text, MOST_ATTEMPTS) or FIRST_ATTEMPT
