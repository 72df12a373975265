"""Consumers that never subscribe, to ask what a group has committed, and the threads that ask.

A consumer is asked, not an admin client: librdkafka 2.16 ends the process where an admin's question
for offsets meets a broker that is not the coordinator (the answer looks for a group that only
consumers have). And there are several, for the client lets through one call of a consumer at a
time, and a call about a partition behind an open transaction waits for that to end.
"""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Final, Protocol

from headway.edges import kafka

logger = logging.getLogger(__name__)

#: While a call waits for a transaction to end the client asks again, at pauses that double.
_PAUSE_MS: Final = 10
_LONGEST_PAUSE_MS: Final = 1000
#: A question that has waited so long for a reader gets another one, up to so many.
_PATIENCE_SECONDS: Final = 0.1
_MOST_READERS: Final = 8
#: A reader that has been told nothing for so long is replaced: its client may go on asking a
#: coordinator that is not there any more.
_SILENT_SECONDS: Final = 15.0
_POLL_SECONDS: Final = 1.0


class GroupReader(Protocol):
    """The part of a consumer that is needed here."""

    def committed(
        self, partitions: list[kafka.TopicPartition], timeout: float = -1
    ) -> list[kafka.TopicPartition]: ...

    def poll(self, timeout: float = -1) -> object: ...


#: Asks a reader; whether there was an answer.
Question = Callable[[GroupReader], bool]


def group_reader(options: kafka.Options, group: str) -> kafka.Consumer:
    """A consumer of *group* that can be asked what is committed; never subscribe it."""
    return kafka.consumer(
        options,
        group_id=group,
        retry_backoff_ms=_PAUSE_MS,
        retry_backoff_max_ms=_LONGEST_PAUSE_MS,
    )


class GroupReaders:
    """Asks questions one after the other, or beside each other if one takes long."""

    def __init__(self, make_reader: Callable[[], GroupReader]) -> None:
        self._make_reader = make_reader
        self._questions: SimpleQueue[Question | None] = SimpleQueue()
        self._readers = 0
        #: When the oldest question began to wait for a reader; None if none waits.
        self._waits_since: float | None = None
        self._widen()

    def ask(self, question: Question) -> None:
        """Ask as soon as a reader is free; does not wait for it."""
        self._questions.put(question)

    def look(self) -> None:
        """To be called now and then: gets another reader if a question waits too long for one."""
        now = time.monotonic()
        if self._questions.empty():
            self._waits_since = None
        elif self._waits_since is None:
            self._waits_since = now
        elif now - self._waits_since >= _PATIENCE_SECONDS and self._readers < _MOST_READERS:
            self._waits_since = now
            # This machine may give no more threads just now; those there are go on.
            with suppress(RuntimeError):
                self._widen()

    def close(self) -> None:
        """Let every reader go when its question is over; does not wait for it."""
        for _ in range(self._readers):
            self._questions.put(None)

    def _widen(self) -> None:
        threading.Thread(target=self._answer, name="group-reader", daemon=True).start()
        self._readers += 1

    def _answer(self) -> None:
        reader, heard_at = self._made(), time.monotonic()
        while True:
            try:
                question = self._questions.get(timeout=_POLL_SECONDS)
            except Empty:
                # What the client has to say of lost connections would pile up in it.
                reader.poll(0)
                continue
            if question is None:
                return
            answered, now = question(reader), time.monotonic()
            if not answered and now - heard_at >= _SILENT_SECONDS:
                reader, heard_at = self._made(), now
            heard_at = now if answered else heard_at

    def _made(self) -> GroupReader:
        while True:
            try:
                return self._make_reader()
            except kafka.KafkaException as error:
                # For lack of file descriptors, say.
                logger.warning("committed.no_reader", extra={"error": kafka.describe(error)})
                time.sleep(_POLL_SECONDS)
