"""Producers that do to a publisher what clients do on bad days."""

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any, cast

import pytest
from confluent_kafka import KafkaError, KafkaException, Producer
from support.waiting import DEADLINE_SECONDS

from gateway.admitting.publisher import (
    KafkaPublisher,
    NotTaken,
    OutcomeUnknown,
    Position,
    Publisher,
)
from headway.observing.health import Health


class IdleProducer:
    """A producer that has nothing to report."""

    def poll(self, seconds: float) -> int:
        time.sleep(min(seconds, 0.005))
        return 0

    def flush(self, _seconds: float) -> int:
        return 0

    def purge(self) -> None: ...


class _Delivered:
    def topic(self) -> str:
        return "t"

    def partition(self) -> int:
        return 3

    def offset(self) -> int:
        return 4


class AcknowledgingProducer(IdleProducer):
    """A producer that acknowledges at once."""

    def produce(self, *_: object, on_delivery: Callable[[None, Any], None]) -> None:
        on_delivery(None, _Delivered())


class FatalProducer(IdleProducer):
    """A producer as the client leaves it after a fatal error: it refuses everything."""

    def produce(self, *_: object, **__: object) -> None:
        raise KafkaException(KafkaError(KafkaError._FATAL, "out of sequence", fatal=True))


class PurgingProducer(IdleProducer):
    """A producer that threw a record away before it was sent."""

    def produce(self, *_: object, on_delivery: Callable[[KafkaError, Any], None]) -> None:
        on_delivery(KafkaError(KafkaError._PURGE_QUEUE), _Delivered())


class _Nowhere(_Delivered):
    def offset(self) -> None:  # type: ignore[override]  # as the client's own may
        return None


class ForgettingProducer(IdleProducer):
    """A producer that takes a record for delivered because a later one was."""

    def produce(self, *_: object, on_delivery: Callable[[None, Any], None]) -> None:
        on_delivery(None, _Nowhere())


class HangingProducer(IdleProducer):
    """A producer whose calls do not come back."""

    def __init__(self, released: threading.Event) -> None:
        self._released = released

    def flush(self, _seconds: float) -> int:
        self._released.wait()
        return 1


def test_a_record_thrown_away_before_it_was_sent_is_not_taken() -> None:
    """Certainly not: it never left the process."""
    # Given a client that throws a record away, when one is published, then it is not taken
    with (
        KafkaPublisher(
            lambda: cast("Producer", PurgingProducer()), topic="t", health=Health()
        ) as publisher,
        pytest.raises(NotTaken),
    ):
        asyncio.run(publisher.publish("key", b"value"))


def test_a_record_acknowledged_without_an_offset_is_of_unknown_outcome() -> None:
    """It may be nowhere: nobody is told that the job was taken."""
    # Given a client that acknowledges a record and knows no place of it
    # When one is published, then nobody can say whether it was taken
    with (
        KafkaPublisher(
            lambda: cast("Producer", ForgettingProducer()), topic="t", health=Health()
        ) as publisher,
        pytest.raises(OutcomeUnknown),
    ):
        asyncio.run(publisher.publish("key", b"value"))


def test_a_client_that_does_not_come_back_holds_nobody_up() -> None:
    """The end of the context is bounded, whatever the client's promises are worth."""
    # Given a client that never comes back from its last call
    released = threading.Event()

    # When the publisher ends
    with KafkaPublisher(
        lambda: cast("Producer", HangingProducer(released)),
        topic="t",
        health=Health(),
        flush_seconds=0.05,
    ):
        pass

    # Then it has ended without it
    # Reached at all: the producer is still in its flush.
    assert "flush" in {thread.name for thread in threading.enumerate()}
    released.set()


def test_a_producer_that_met_a_fatal_error_is_replaced() -> None:
    """Requests are refused until there is a new producer, which takes the next one."""
    # Given a producer that refuses everything from now on, and one that could follow it
    producers = iter([FatalProducer(), AcknowledgingProducer()])
    refused: list[NotTaken] = []

    async def until_taken(publisher: Publisher) -> Position:
        async with asyncio.timeout(DEADLINE_SECONDS):
            while True:
                try:
                    return await publisher.publish("key", b"value")
                except NotTaken as error:
                    refused.append(error)
                    await asyncio.sleep(0.005)

    # When a record is published until it is taken
    with KafkaPublisher(
        lambda: cast("Producer", next(producers)), topic="t", health=Health()
    ) as publisher:
        taken = asyncio.run(until_taken(publisher))

    # Then it was refused while there was no other producer, and then taken
    assert "out of sequence" in str(refused[0])
    assert taken == Position("t", 3, 4)
