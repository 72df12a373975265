"""What pauses an instance is told once a second, and once when nothing does any more."""

from typing import Any, cast

import pytest
from support.clock import ManualClock

from headway.edges import kafka
from headway.owning.flow import BUFFER, Flow
from headway.running.reports import StageReports
from headway.wire.codec import Codec


class _Client:
    """The parts of a consumer and of a producer that are used; `full` is the producer's queue."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes, bytes]] = []
        self.full = False

    def pause(self, _: object) -> None: ...
    def resume(self, _: object) -> None: ...

    def produce(self, topic: str, *, value: bytes, key: bytes) -> None:
        if self.full:
            raise BufferError("queue full")
        self.sent.append((topic, key, value))


@pytest.fixture
def client() -> _Client:
    return _Client()


@pytest.fixture
def flow(client: _Client, clock: ManualClock) -> Flow:
    """Of an instance that reads three partitions."""
    made = Flow(client, "p1", records=1, size_bytes=1, clock=clock)
    made.assigned([("jobs.submitted", index) for index in range(3)])
    return made


@pytest.fixture
def reports(client: _Client, flow: Flow, codec: Codec, clock: ManualClock) -> StageReports:
    return StageReports(
        cast("kafka.Producer", client),
        "blue.stage-reports",
        codec,
        flow,
        stage="p1",
        instance="p1-0",
        record="stage-report",
        clock=clock,
    )


def _told(client: _Client, codec: Codec) -> list[dict[str, Any]]:
    return [codec.decode(value, "stage-report") for _, _, value in client.sent]


def test_reasons_are_told_each_second_and_their_end_once(
    reports: StageReports, client: _Client, flow: Flow, codec: Codec, clock: ManualClock
) -> None:
    """Which, since when, of how many partitions."""
    # Given an instance that nothing pauses, which says nothing, and then a breaker that does
    reports.turn()
    breaker, window = flow.reason("breaker:object store"), flow.reason("window closed")
    began = clock.now_ms() + 1000
    clock.advance(1)
    breaker.pause()
    reports.turn()

    # When time passes, and one partition has a second reason
    clock.advance(0.5)
    reports.turn()
    window.pause([("jobs.submitted", 1)])
    clock.advance(0.5)
    reports.turn()

    # Then it was told twice, a second apart
    first, second = _told(client, codec)
    whole = {"reason": "breaker:object store", "since": began, "partitions": 3}
    assert client.sent[0][:2] == ("blue.stage-reports", b"p1/p1-0")
    assert first == {"stage": "p1", "instance": "p1-0", "at": began, "pauses": [whole]}
    part = {"reason": "window closed", "since": began + 1000, "partitions": 1}
    assert second["pauses"] == [whole, part]

    # When all is over, then that is told once, and nothing more
    breaker.resume()
    window.resume()
    for _ in range(3):
        clock.advance(1)
        reports.turn()
    assert [told["pauses"] for told in _told(client, codec)[2:]] == [[]]


def test_a_full_buffer_is_nobodys_business(
    reports: StageReports, client: _Client, flow: Flow, clock: ManualClock
) -> None:
    """It is what a stage looks like that has enough to do."""
    # Given a stage whose buffer has been full for a moment
    flow.take(1)
    flow.apply()
    clock.advance(1)
    flow.apply()
    assert {reason for told in flow.shown.values() for reason in told} == {BUFFER}

    # When it is time to report, then nothing is
    reports.turn()
    assert client.sent == []


def test_a_report_that_does_not_fit_is_lost(
    reports: StageReports, client: _Client, flow: Flow, clock: ManualClock
) -> None:
    """The loop neither waits nor fails; the next one says what is then the case."""
    # Given a producer that takes nothing just now
    flow.reason("breaker:paper").pause()
    client.full = True
    reports.turn()
    assert client.sent == []

    # When it takes records again, then the next is sent
    client.full = False
    clock.advance(1)
    reports.turn()
    assert len(client.sent) == 1
