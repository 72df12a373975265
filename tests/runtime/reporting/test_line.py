"""How long the line before an instance is."""

from typing import cast

import pytest
from support.clock import ManualClock

from headway.edges import kafka
from headway.handling.pool import WorkerPool
from headway.owning.assignment import Assignment
from headway.owning.flow import Flow
from headway.owning.offsets import OffsetTracker
from headway.owning.partition import OwnedPartition
from headway.owning.place import Place
from headway.reporting.line import Line, heard_end


class _Owner:
    """The part of an assignment that is looked at."""

    def __init__(self, *partitions: OwnedPartition) -> None:
        self.owned: dict[Place, OwnedPartition] = {each.place: each for each in partitions}


class _Idle:
    """A pool at which nothing works."""

    def __len__(self) -> int:
        return 0

    def running(self) -> list[object]:
        return []


class _Client:
    """Is told what to pause."""

    def pause(self, _: object) -> None: ...
    def resume(self, _: object) -> None: ...


def _line(*partitions: OwnedPartition, ends: list[int], flow: Flow | None = None) -> Line:
    return Line(
        cast("Assignment", _Owner(*partitions)),
        cast("WorkerPool", _Idle()),
        flow or Flow(_Client(), "p1", records=10, size_bytes=10),
        lambda _, index: ends[index],
        clock=ManualClock(),
    )


def _read(index: int, *offsets: int, committed: int = 0, opens: bool = True) -> OwnedPartition:
    tracker = OffsetTracker(committed)
    for offset in offsets:
        tracker.begin(offset)
    return OwnedPartition("jobs", index, tracker, opens=opens)


def test_what_is_not_read_yet_waits() -> None:
    """Counted over the partitions of the source alone."""
    # Given two partitions of the source and one of a tier
    partitions = [_read(0, 0, 1), _read(1, committed=7), _read(2, opens=False)]

    # When the line is asked for
    told = _line(*partitions, ends=[12, 7, 100]).told()

    # Then it is what lies behind what was read
    assert told == {"waiting": 10, "running": 0, "oldest_ms": None}


def test_of_what_is_not_read_as_much_are_records_as_of_what_is() -> None:
    """Where each record has a transaction of its own, every second offset is a marker."""
    # Given a partition in whose read part every second offset is a record
    marked = _read(0, *range(0, 200, 2))

    # When as much of it lies ahead, then about half of it are records
    assert _line(marked, ends=[400]).told()["waiting"] == pytest.approx(100, abs=2)


def test_a_partition_that_flows_and_gives_nothing_has_nothing() -> None:
    """What lies behind the last record are markers, and what was aborted."""
    # Given a partition with offsets that are no records behind its last one, and one that is paused
    flow = Flow(_Client(), "p1", records=10, size_bytes=10)
    flow.reason("window closed").pause([("jobs", 1)])
    line = _line(_read(0, 0), _read(1, 0), ends=[3, 5], flow=flow)

    # When it is looked at time and again, then those of the paused one alone wait
    assert [line.told()["waiting"] for _ in range(4)] == [6, 6, 4, 4]


def test_an_end_nobody_has_heard_of_yet_is_no_line() -> None:
    """The client knows an end from its first fetch on."""

    # Given a client that has fetched nothing
    class Client:
        def get_watermark_offsets(self, *_: object, **__: object) -> tuple[int, int]:
            raise kafka.KafkaException

    # When it is asked, then it is none
    assert heard_end(cast("kafka.Consumer", Client()))("jobs", 0) < 0
