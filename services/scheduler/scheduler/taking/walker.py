"""Jobs read for walks, by a client and a thread of their own."""

import logging
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Final

from headway.base.errors import DecodeError, UnknownSchema
from headway.edges import kafka
from headway.edges.messages import is_end_of_partition
from headway.wire.records import job_id_from
from scheduler.lane.job import Job
from scheduler.lane.words import Words
from scheduler.passes.chunk import Chunk

logger = logging.getLogger(__name__)

_RECORDS: Final = 2000
_CHUNK: Final = 500
#: One lane's turn; others wait for theirs meanwhile.
_SECONDS: Final = 1.0
_POLL_SECONDS: Final = 0.2
_PAUSE_SECONDS: Final = 1.0


class StateWalker:
    """Answers one question after the other; never fails: what went wrong is an empty answer.

    So is what a newer release wrote: whoever walks waits until this process is replaced by it.
    """

    def __init__(self, options: kafka.Options, words: Words) -> None:
        self._options = options
        self._words = words
        self._asked: SimpleQueue[tuple[int, int, Future[Chunk]] | None] = SimpleQueue()
        self._consumer: kafka.Consumer | None = None
        threading.Thread(target=self._run, name="walking", daemon=True).start()

    def read(self, lane: int, offset: int) -> Future[Chunk]:
        """As `scheduler.passes.chunk.Walker` has it."""
        answer: Future[Chunk] = Future()
        self._asked.put((lane, offset, answer))
        return answer

    def close(self) -> None:
        """Read nothing more; does not wait."""
        self._asked.put(None)

    def _run(self) -> None:
        while (asked := self._asked.get()) is not None:
            lane, offset, answer = asked
            try:
                answer.set_result(self._read(lane, offset))
            except Exception as error:  # noqa: BLE001 - a dead thread must not go unnoticed
                logger.warning("walk.unanswered", extra={"error": kafka.describe(error)})
                time.sleep(_PAUSE_SECONDS)
                answer.set_result(Chunk((), offset, ended=False))

    def _read(self, lane: int, offset: int) -> Chunk:
        consumer = self._client()
        consumer.assign([kafka.TopicPartition(self._words.topics.states, lane, offset)])
        try:
            messages, end = _gathered(consumer)
        finally:
            consumer.unassign()
        last = messages[-1].offset() if messages else None
        read = offset if last is None else last + 1
        return Chunk(self._states(messages), max(read, end or 0), ended=end is not None)

    def _client(self) -> kafka.Consumer:
        if self._consumer is None:
            self._consumer = kafka.consumer(
                self._options, enable_partition_eof=True, fetch_wait_max_ms=10
            )
        return self._consumer

    def _states(self, messages: Sequence[kafka.Message]) -> list[tuple[str, int, Job | None]]:
        """The newest of each job among them, in order; what cannot be read is no job."""
        newest: dict[str, kafka.Message] = {}
        for message in messages:
            job_id = job_id_from(message.key())
            if job_id is not None:
                newest.pop(job_id, None)
                newest[job_id] = message
        return [(job_id, m.offset() or 0, self._job(m)) for job_id, m in newest.items()]

    def _job(self, message: kafka.Message) -> Job | None:
        if message.value() is None:
            return None
        try:
            return self._words.job(message)
        except UnknownSchema:
            raise  # what its job needs is not known: it may be told of none
        except DecodeError:
            return None


def _gathered(consumer: kafka.Consumer) -> tuple[list[kafka.Message], int | None]:
    """Records, and where what is committed ends, if that was met.

    Raises:
        KafkaException: the cluster refuses.
    """
    records: list[kafka.Message] = []
    deadline = time.monotonic() + _SECONDS
    while len(records) < _RECORDS and time.monotonic() < deadline:
        for message in consumer.consume(_CHUNK, _POLL_SECONDS if not records else 0.01):
            if is_end_of_partition(message):
                return records, message.offset()
            error = message.error()
            if error is not None:
                raise kafka.KafkaException(error)
            records.append(message)
    return records, None
