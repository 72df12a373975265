"""One acknowledged record in a topic of the producer's, awaited from asyncio.

The client calls back on the thread that polls it; a thread of our own does nothing else, so an
acknowledgement wakes the waiting request at once.
"""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable
from typing import Any, Final, NamedTuple, Protocol, Self

from gateway.admitting.sending import sending
from headway.base.errors import PermanentError, TransientError
from headway.edges.kafka import Headers, KafkaError, KafkaException, Message, Producer, describe
from headway.observing.health import Health
from headway.tracing.spans import Spans

logger = logging.getLogger(__name__)

#: Bounds only how long closing waits for the thread; a delivery report ends a poll at once.
_POLL_SECONDS: Final = 0.1
#: By these the brokers, or the client before them, say that no record of this size is taken.
_TOO_LARGE: Final = frozenset({KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.RECORD_LIST_TOO_LARGE})
#: By this the client says that it threw the record away before it was sent.
_UNSENT: Final = KafkaError._PURGE_QUEUE  # noqa: SLF001 - the client's name for it


#: The partition is the partitioner's choice.
_BY_KEY: Final = -1


class NotTaken(TransientError):  # noqa: N818 - names the outcome
    """Raised when a record is certainly not in the topic."""


class OutcomeUnknown(TransientError):  # noqa: N818 - names the outcome
    """Raised when a record was sent but never acknowledged: it may be in the topic."""


class RecordTooLarge(PermanentError):  # noqa: N818 - names the outcome
    """Raised when a record is larger than is taken; it is certainly not in the topic."""


class Position(NamedTuple):
    """Where a record lies."""

    topic: str
    partition: int
    offset: int


class Publisher(Protocol):
    async def publish(self, key: str, value: bytes) -> Position:
        """Write one record; returns when the brokers have it for good.

        Raises:
            NotTaken: it was not sent.
            RecordTooLarge: it was refused for its size, and will be each time.
            OutcomeUnknown: the time was up, or the brokers refused after it was sent.
        """
        ...


class PlacingPublisher(Protocol):
    async def publish(self, key: str, value: bytes, *, partition: int | None = None) -> Position:
        """As `Publisher`; *partition* None is the one that every producer chooses for *key*."""
        ...


class KafkaPublisher:
    """A `Publisher` on one topic; a context that flushes at its end, for at most *flush_seconds*.

    *connect* makes the producer, and makes another should it meet a fatal error; its
    `delivery.timeout.ms` is what bounds `publish`. *health* is told that the thread turns. *spans*
    makes those of traces, where they are switched on.
    """

    def __init__(
        self,
        connect: Callable[[], Producer],
        *,
        topic: str,
        health: Health,
        flush_seconds: float = 10.0,
        spans: Spans | None = None,
    ) -> None:
        self._connect = connect
        self._flush_seconds = flush_seconds
        self._topic = topic
        self._health = health
        self._spans = spans
        self._producer = connect()
        self._broken = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._poll, name="deliveries", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        # A daemon: what the client promises to end may not, and the process has to.
        last = threading.Thread(target=self._flush, name="flush", daemon=True)
        last.start()
        last.join(self._flush_seconds)
        if last.is_alive():
            logger.warning("records.left_unacknowledged", extra={"seconds": self._flush_seconds})

    async def publish(self, key: str, value: bytes, *, partition: int | None = None) -> Position:
        return await self.publish_in(self._topic, key, value, partition)

    def into(self, topic: str) -> PlacingPublisher:
        """The same producer, for another *topic*."""
        return _Into(self, topic)

    async def publish_in(
        self, topic: str, key: str, value: bytes, partition: int | None
    ) -> Position:
        """As `publish`, into any topic."""
        with sending(self._spans, topic, key) as sent:
            position = await self._published(topic, key, value, partition, sent.headers)
            sent.arrived(position.partition, position.offset)
        return position

    async def _published(
        self, topic: str, key: str, value: bytes, partition: int | None, headers: Headers
    ) -> Position:
        loop = asyncio.get_running_loop()
        acknowledged: asyncio.Future[Position] = loop.create_future()

        def report(error: KafkaError | None, message: Message) -> None:
            # The loop is closed if shutdown ran out of patience; nobody waits then.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(_resolve, acknowledged, error, message)

        try:
            place = _BY_KEY if partition is None else partition
            told: dict[str, Any] = {"headers": headers} if headers else {}
            self._producer.produce(topic, value, key.encode(), place, on_delivery=report, **told)
        except (KafkaException, BufferError) as error:
            self._note(error)
            raise _refusal(error, NotTaken, "Kafka did not take the record") from error
        try:
            return await acknowledged
        except KafkaException as error:
            self._note(error)
            unsent = error.args[0].code() == _UNSENT
            outcome = NotTaken if unsent else OutcomeUnknown
            raise _refusal(error, outcome, "Kafka did not acknowledge") from error

    def _flush(self) -> None:
        self._thread.join()
        self._producer.flush(self._flush_seconds)

    def _note(self, error: BaseException) -> None:
        if isinstance(error, KafkaException) and error.args[0].fatal():
            self._broken.set()

    def _poll(self) -> None:
        while not self._closing.is_set():
            self._producer.poll(_POLL_SECONDS)
            self._health.turned()
            if self._broken.is_set():
                self._replace()

    def _replace(self) -> None:
        """A producer that met a fatal error refuses everything from then on."""
        logger.error("producer.replaced", extra={"topic": self._topic})
        broken, self._producer = self._producer, self._connect()
        self._broken.clear()
        # Who waits for one of its records is told now, not when the delivery times out.
        broken.purge()
        broken.flush(self._flush_seconds)


class _Into(PlacingPublisher):
    def __init__(self, producer: KafkaPublisher, topic: str) -> None:
        self._producer = producer
        self._topic = topic

    async def publish(self, key: str, value: bytes, *, partition: int | None = None) -> Position:
        return await self._producer.publish_in(self._topic, key, value, partition)


def _refusal(
    error: KafkaException | BufferError,
    outcome: type[TransientError],
    words: str,
) -> TransientError | RecordTooLarge:
    """*outcome*, or that the record is too large, whichever way the client says so."""
    said = f"{words}: {describe(error)}"
    if isinstance(error, KafkaException) and error.args[0].code() in _TOO_LARGE:
        return RecordTooLarge(said)
    return outcome(said)


def _resolve(
    acknowledged: asyncio.Future[Position],
    error: KafkaError | None,
    message: Message,
) -> None:
    if acknowledged.done():  # its request was cancelled
        return
    if error is not None:
        acknowledged.set_exception(KafkaException(error))
        return
    topic, partition, offset = message.topic(), message.partition(), message.offset()
    if topic is None or partition is None or offset is None or offset < 0:
        # Taken for acknowledged together with a later record, while a leader moved: it may be
        # nowhere (librdkafka, "implicitly acked by subsequent batch").
        nowhere = "Kafka acknowledged the record without saying where it lies"
        acknowledged.set_exception(OutcomeUnknown(nowhere))
        return
    acknowledged.set_result(Position(topic, partition, offset))
