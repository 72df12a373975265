"""How long the line before an instance is."""

from typing import cast

import pytest
from support.clock import ManualClock

from headway.edges import kafka
from headway.handling.pool import WorkerPool
from headway.owning.assignment import Assignment
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


def _line(*partitions: OwnedPartition, ends: list[int], marked: bool) -> Line:
    return Line(
        cast("Assignment", _Owner(*partitions)),
        cast("WorkerPool", _Idle()),
        lambda _, index: ends[index],
        marked=marked,
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
    told = _line(*partitions, ends=[12, 7, 100], marked=False).told()

    # Then it is what lies behind what was read
    assert told == {"waiting": 10, "running": 0, "oldest_ms": None}


def test_markers_are_nobody_who_waits() -> None:
    """Where each record has a transaction of its own, every second offset is a marker."""
    # Given a partition in whose read part every second offset is a record, or nearly
    marked = _read(0, *range(0, 200, 2))

    # When as much of it lies ahead, and when nothing does but the last marker
    ahead = _line(marked, ends=[400], marked=True).told()["waiting"]
    nothing = _line(_read(0, *range(0, 200, 2)), ends=[200], marked=True).told()["waiting"]

    # Then about half of it are records, and nobody waits
    assert ahead == pytest.approx(100, abs=2)
    assert nothing == 0


def test_an_end_nobody_has_heard_of_yet_is_no_line() -> None:
    """The client knows an end from its first fetch on."""

    # Given a client that has fetched nothing
    class Client:
        def get_watermark_offsets(self, *_: object, **__: object) -> tuple[int, int]:
            raise kafka.KafkaException

    # When it is asked, then nothing waits
    end = heard_end(cast("kafka.Consumer", Client()))
    told = Line(
        cast("Assignment", _Owner(_read(0))),
        cast("WorkerPool", _Idle()),
        end,
        marked=False,
        clock=ManualClock(),
    ).told()
    assert told["waiting"] == 0
