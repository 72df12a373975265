"""When sums are said: what is closed before it is taken in, what is open once a second."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest
from support.clock import ManualClock

from headway.wire.codec import Codec
from stagestatistics.book import Book
from stagestatistics.said import Saying

_START = 1_764_000_000_000


@dataclass
class _Rig:
    """The table, and what was said; a topic that is away takes nothing."""

    table: dict[bytes, bytes] = field(default_factory=dict)
    said: list[tuple[str, int, int]] = field(default_factory=list)
    clock: ManualClock = field(default_factory=ManualClock)
    away: bool = False
    codec: Codec = field(default_factory=Codec)

    def __post_init__(self) -> None:
        self.saying = Saying(Book(self.table, self.codec), self.codec, self._send, clock=self.clock)

    def hear(self, number: int, done: int, at: int) -> None:
        asyncio.run(self.saying.hear(_report(number, done), at, 4))

    def turn(self) -> None:
        self.clock.advance(1)
        asyncio.run(self.saying.turn())

    async def _send(self, key: bytes, value: bytes, partition: int) -> None:
        if self.away:
            raise TimeoutError
        sums = self.codec.decode(value, "stage-statistics")
        self.said.append((key.decode(), sums["outcomes"].get("done", 0), partition))


def _report(number: int, done: int) -> dict[str, Any]:
    return {
        "stage": "p1",
        "life": "a",
        "number": number,
        "pauses": [],
        "outcomes": {"done": done},
        "errors": {},
        "stage_times": [],
        "job_times": [],
        "waiting": 0,
        "running": 0,
        "oldest_ms": None,
    }


def test_an_open_window_is_said_once_a_second_while_it_moves() -> None:
    """In the partition of its reports, under its place in the ring."""
    # Given a window in which something was done
    rig = _Rig()
    rig.hear(1, 5, _START)
    assert rig.said == []

    # When two seconds pass, then it is said once, of both lengths
    rig.turn()
    rig.turn()
    assert rig.said == [("p1/10/0", 5, 4), ("p1/300/1344", 5, 4)]


def test_a_window_that_cannot_be_said_is_not_gone_on_from() -> None:
    """Whoever takes over finds the table as it was, and says it."""
    # Given a window that a report of the next one closes, and a topic that takes nothing
    rig = _Rig()
    rig.hear(1, 5, _START)
    before = dict(rig.table)
    rig.away = True

    # When that report comes, then the table is as before
    with pytest.raises(TimeoutError):
        rig.hear(2, 8, _START + 10_000)
    assert rig.table == before

    # When it comes again, and the topic is back, then the window is said and the next one begun
    rig.away = False
    rig.hear(2, 8, _START + 10_000)
    rig.turn()
    assert rig.said == [("p1/10/0", 5, 4), ("p1/10/1", 3, 4), ("p1/300/1344", 8, 4)]


def test_a_process_that_stood_still_says_nothing_of_what_it_knew() -> None:
    """Others may have said more of that window meanwhile."""
    # Given a process that is stopped after it has heard a report
    rig = _Rig()
    rig.hear(1, 5, _START)
    rig.clock.advance(30)

    # When it goes on, then it says nothing until it hears something
    rig.turn()
    assert rig.said == []
    rig.hear(2, 6, _START + 1000)
    rig.turn()
    assert [done for _, done, _ in rig.said] == [6, 6]


def test_stages_that_went_to_others_are_not_spoken_of() -> None:
    """Their heirs do."""
    # Given a stage that moved, when it goes to another worker, then nothing is said of it
    rig = _Rig()
    rig.hear(1, 5, _START)
    rig.saying.gone()
    rig.turn()
    assert rig.said == []
