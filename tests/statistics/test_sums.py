"""Whatever is lost, comes twice or is done again after a crash: sums are those of a plain count."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from headway.wire.codec import Codec
from stagestatistics.book import Book, Statistics
from stagestatistics.windows import RESOLUTIONS

_CODEC = Codec()
_START = 1_764_000_000_000
_LENGTHS = [resolution.ms for resolution in RESOLUTIONS]


@dataclass
class _World:
    """Instances of a stage, the topic they report to, and who sums; time goes on by itself."""

    log: list[tuple[dict[str, Any], int]] = field(default_factory=list)
    table: dict[bytes, bytes] = field(default_factory=dict)
    said: dict[tuple[int, int], Statistics] = field(default_factory=dict)
    now: int = _START
    read: int = 0
    committed: int = 0
    number: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.book = Book(self.table, _CODEC)
        self.saved = dict(self.table)

    def report(self, life: str, *, done: int, after_ms: int, lost: bool) -> None:
        """An instance has done so much more and says so, though it may be lost."""
        self.now += after_ms
        self.done[life] += done
        self.number[life] += 1
        if not lost:
            self.log.append((_report(life, self.number[life], self.done[life]), self.now))

    def sum(self) -> None:
        """Read on, to the end of the topic."""
        while self.read < len(self.log):
            report, at = self.log[self.read]
            self._say(self.book.closed_by(report, at))
            self.book.take(report, at)
            self.read += 1
        self._say(self.book.open("p1"))

    def commit(self) -> None:
        """What is read and the table are kept; a commit may come before all of the table is."""
        self.committed, self.saved = self.read, dict(self.table)

    def crash(self) -> None:
        """Another goes on from what was kept."""
        self.table, self.read = dict(self.saved), self.committed
        self.book = Book(self.table, _CODEC)

    def _say(self, sums: list[Statistics]) -> None:
        for each in sums:
            self.said[each["resolution_ms"], each["start"]] = each

    def total(self, length_ms: int) -> int:
        windows = [each for (length, _), each in self.said.items() if length == length_ms]
        return sum(each["outcomes"].get("done", 0) for each in windows)


def _report(life: str, number: int, done: int, stage: str = "p1", **more: Any) -> dict[str, Any]:
    return {
        "stage": stage,
        "instance": life,
        "life": life,
        "at": 0,
        "began_at": 0,
        "pauses": [],
        "number": number,
        "outcomes": {"done": done},
        "errors": {},
        "stage_times": [0, done],
        "job_times": [],
        "waiting": 3,
        "running": 1,
        "oldest_ms": None,
        **more,
    }


_STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("report"),
            st.sampled_from(["a", "b", "c"]),
            st.integers(0, 50),
            st.integers(0, 12_000),
            st.booleans(),
        ),
        st.tuples(st.sampled_from(["sum", "commit", "crash"])),
    ),
    max_size=60,
)


@given(_STEPS)
def test_sums_of_all_windows_are_what_was_done(steps: list[tuple[Any, ...]]) -> None:
    """In each length of window, however it was read."""
    # Given instances that work and report, reports that are lost, and who sums, crashes, goes on
    world = _World()
    for step in steps:
        if step[0] == "report":
            _, life, done, after_ms, lost = step
            world.report(life, done=done, after_ms=after_ms, lost=lost)
        else:
            getattr(world, step[0])()

    # When every instance is heard once more
    for life in list(world.done):
        world.report(life, done=0, after_ms=100, lost=False)
    world.sum()

    # Then the windows add up to what was done
    assert [world.total(length) for length in _LENGTHS] == [world.done.total()] * len(_LENGTHS)


def test_a_window_has_what_was_done_in_it_by_all_instances() -> None:
    """And a total that is told twice counts once."""
    # Given two instances that report within two windows, one of them the same twice
    book = Book({}, _CODEC)
    first, second = _START, _START + 10_000
    for report, at in (
        (_report("a", 1, 5), first),
        (_report("b", 1, 7), first + 1),
        (_report("a", 2, 6), first + 2),
        (_report("a", 2, 6), first + 3),
    ):
        book.take(report, at)

    # When a report of the next window comes
    closed = book.closed_by(_report("b", 2, 10), second)
    book.take(_report("b", 2, 10), second)

    # Then the first is closed with the sum of both, and the second has the rest
    (window,) = closed
    assert (window["start"], window["outcomes"], window["reports"]) == (first, {"done": 13}, 3)
    assert (window["instances"], window["waiting"], window["running"]) == (2, 6, 2)
    assert window["stage_times"] == [0, 13]
    ten, five_minutes = book.open("p1")
    assert (ten["outcomes"], five_minutes["outcomes"]) == ({"done": 3}, {"done": 16})


def test_an_instance_that_is_silent_has_no_line_any_more() -> None:
    """What waited for it waits for others now, who say so."""
    # Given two instances of which one ends
    book = Book({}, _CODEC)
    book.take(_report("a", 1, 0), _START)
    book.take(_report("b", 1, 0), _START)

    # When the other one is heard for some seconds more, then it is told of alone
    book.take(_report("b", 2, 0), _START + 5000)
    assert [each["waiting"] for each in book.open("p1")] == [3, 3]
    assert [each["instances"] for each in book.open("p1")] == [1, 1]


def test_a_life_that_is_first_heard_of_late_counts_from_then_on() -> None:
    """What it did before nobody knows of when; a window never has what was done before it."""
    # Given an instance at work for an hour before anybody sums
    book = Book({}, _CODEC)
    book.take(_report("old", 3600, 100_000), _START)

    # When it does three more
    book.take(_report("old", 3601, 100_003), _START + 1)

    # Then those are told
    assert [each["outcomes"] for each in book.open("p1")] == [{"done": 3}] * 2


def test_a_broker_whose_clock_is_set_back_opens_no_closed_window() -> None:
    """A window that is said again would lack those instances that have gone on."""
    # Given two instances that are in the second window
    book = Book({}, _CODEC)
    book.take(_report("a", 1, 1), _START + 10_000)
    book.take(_report("b", 1, 1), _START + 10_000)

    # When a report is appended with a time of the first
    closed = book.closed_by(_report("a", 2, 5), _START + 9000)
    book.take(_report("a", 2, 5), _START + 9000)

    # Then it counts to the second
    assert closed == []
    ten = book.open("p1")[0]
    assert (ten["start"], ten["outcomes"]) == (_START + 10_000, {"done": 6})


def test_lives_that_are_long_over_are_forgotten() -> None:
    """A stage that starts over and over leaves no table that grows for ever."""
    # Given lives one after the other, a minute each
    table: dict[bytes, bytes] = {}
    book = Book(table, _CODEC)
    for minute in range(600):
        book.take(_report(f"life-{minute}", 1, 1), _START + minute * 60_000)

    # When ten hours are over, then those of two hours are known
    assert len(table) <= 122


def test_stages_and_names_that_begin_alike_are_told_apart() -> None:
    """`p1` is not `p1/x`, and `p10` neither."""
    # Given two stages of which the name of one begins with that of the other
    book = Book({}, _CODEC)
    book.take(_report("a", 1, 1), _START)
    book.take(_report("a", 1, 10, stage="p10"), _START)

    # When they are asked for, then each has its own
    assert book.open("p1")[0]["outcomes"] == {"done": 1}
    assert book.open("p10")[0]["outcomes"] == {"done": 10}
