"""One acknowledged record in a topic, awaited from asyncio.

The client calls back on the thread that polls it; a thread of our own does nothing else, so an
acknowledgement wakes the waiting request at once.
"""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable
from typing import Final, NamedTuple, Protocol, Self, cast

from headway.errors import TransientError
from headway.health import Health
from headway.kafka import KafkaError, KafkaException, Message, Producer, describe

logger = logging.getLogger(__name__)

#: Bounds only how long closing waits for the thread; a delivery report ends a poll at once.
_POLL_SECONDS: Final = 0.1


class NotTaken(TransientError):  # noqa: N818 - names the outcome
    """Raised when a record is certainly not in the topic."""


class OutcomeUnknown(TransientError):  # noqa: N818 - names the outcome
    """Raised when a record was sent but never acknowledged: it may be in the topic."""


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
            OutcomeUnknown: the time was up, or the brokers refused after it was sent.
        """
        ...


class KafkaPublisher:
    """A `Publisher` on one topic; a context that flushes at its end.

    *connect* makes the producer, and makes another should it meet a fatal error; its
    `delivery.timeout.ms` is what bounds `publish`. *health* is told that the thread turns.
    """

    def __init__(self, connect: Callable[[], Producer], *, topic: str, health: Health) -> None:
        self._connect = connect
        self._topic = topic
        self._health = health
        self._producer = connect()
        self._broken = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._poll, name="deliveries", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._thread.join()
        # Whatever is left is bounded by delivery.timeout.ms, so this ends.
        self._producer.flush()

    async def publish(self, key: str, value: bytes) -> Position:
        loop = asyncio.get_running_loop()
        acknowledged: asyncio.Future[Position] = loop.create_future()

        def report(error: KafkaError | None, message: Message) -> None:
            # The loop is closed if shutdown ran out of patience; nobody waits then.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(_resolve, acknowledged, error, message)

        try:
            self._producer.produce(self._topic, value, key.encode(), on_delivery=report)
        except (KafkaException, BufferError) as error:
            self._note(error)
            raise NotTaken(f"Kafka did not take the record: {describe(error)}") from error
        try:
            return await acknowledged
        except KafkaException as error:
            self._note(error)
            raise OutcomeUnknown(f"Kafka did not acknowledge: {describe(error)}") from error

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
        broken.purge()
        broken.flush()


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
    # The client's types allow None for each, but an acknowledged record has all three.
    position = (message.topic(), message.partition(), message.offset())
    acknowledged.set_result(Position(*cast("tuple[str, int, int]", position)))
