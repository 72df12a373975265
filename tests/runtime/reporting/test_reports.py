"""What an instance has done, what waits and what pauses it is told once a second."""

from typing import Any, cast

import pytest
from support.clock import ManualClock

from headway.edges import kafka
from headway.owning.flow import BUFFER, Flow
from headway.reporting.reports import StageReports, Teller
from headway.wire.codec import Codec


class _Client:
    """The parts of a consumer and of a producer that are used; `full` is the producer's queue."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes, bytes]] = []
        self.full = False

    def pause(self, _: object) -> None: ...
    def resume(self, _: object) -> None: ...

    def produce(self, topic: str, *, value: bytes, key: bytes, partition: int) -> None:
        assert partition == 2
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
        done=lambda: {"outcomes": {"done": 7}},
        line=lambda: {"waiting": 3, "running": 2, "oldest_ms": 50},
        teller=Teller(stage="p1", instance="p1-0", life="a", record="stage-report", partition=2),
        clock=clock,
    )


def _told(client: _Client, codec: Codec) -> list[dict[str, Any]]:
    return [codec.decode(value, "stage-report") for _, _, value in client.sent]


def test_reasons_are_told_each_second_and_their_end_once(
    reports: StageReports, client: _Client, flow: Flow, codec: Codec, clock: ManualClock
) -> None:
    """Which, since when, of how many partitions; and when nothing does, that."""
    # Given an instance that nothing pauses, and then a breaker that does
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

    # Then it was told each second
    none, first, second = _told(client, codec)
    whole = {"reason": "breaker:object store", "since": began, "partitions": 3}
    assert (none["pauses"], first["pauses"]) == ([], [whole])
    part = {"reason": "window closed", "since": began + 1000, "partitions": 1}
    assert second["pauses"] == [whole, part]

    # When all is over, then that is told
    breaker.resume()
    window.resume()
    clock.advance(1)
    reports.turn()
    assert _told(client, codec)[3]["pauses"] == []


def test_work_and_line_are_told_with_who_tells_them(
    reports: StageReports, client: _Client, codec: Codec, clock: ManualClock
) -> None:
    """Numbered within the life of the process, all under the stage's name."""
    # Given an instance, when it has told twice
    began = clock.now_ms()
    reports.turn()
    clock.advance(1)
    reports.turn()

    # Then both are whole, and in order
    first, second = _told(client, codec)
    assert client.sent[0][:2] == ("blue.stage-reports", b"p1")
    assert second == {
        "stage": "p1",
        "instance": "p1-0",
        "life": "a",
        "pauses": [],
        "at": began + 1000,
        "began_at": began,
        "number": 2,
        "outcomes": {"done": 7},
        "errors": {},
        "stage_times": [],
        "job_times": [],
        "waiting": 3,
        "running": 2,
        "oldest_ms": 50,
    }
    assert first == {**second, "at": began, "number": 1}


def test_a_full_buffer_is_nobodys_business(
    reports: StageReports, client: _Client, flow: Flow, codec: Codec, clock: ManualClock
) -> None:
    """It is what a stage looks like that has enough to do."""
    # Given a stage whose buffer has been full for a moment
    flow.take(1)
    flow.apply()
    clock.advance(1)
    flow.apply()
    assert {reason for told in flow.shown.values() for reason in told} == {BUFFER}

    # When it is time to report, then no pause is told
    reports.turn()
    assert [told["pauses"] for told in _told(client, codec)] == [[]]


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
