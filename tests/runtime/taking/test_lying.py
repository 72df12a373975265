"""What of a held topic lies on and what begins, and how much a lane may hold."""

from dataclasses import dataclass

import pytest
from support.clock import ManualClock
from support.kafka.messages import envelope, message
from support.rooms.flowing import Client

from headway.edges.kafka import Message
from headway.following.holdings import HELD, UNKNOWN, Parked
from headway.owning.flow import Flow
from headway.owning.offsets import OffsetTracker
from headway.owning.partition import OwnedPartition
from headway.taking.early import Early
from headway.taking.lying import CLOSED, CROWDED, Lying
from headway.taking.task import Task
from headway.wire.carried import Carried, FirstPlace
from headway.wire.states import NOT_BEFORE, WINDOW

_WEEK_SECONDS = 7 * 24 * 3600
_MOST = 10


@dataclass
class _Windows:
    """A window that a test opens."""

    open: bool = False

    def is_open(self, _: int) -> bool:
        return self.open

    def next_at(self, _: int) -> int | None:
        return None

    def start(self) -> None: ...
    def close(self) -> None: ...


@pytest.fixture
def windows() -> _Windows:
    return _Windows()


@pytest.fixture
def flow(clock: ManualClock) -> Flow:
    return Flow(Client(), "p1", records=100, size_bytes=10**6, clock=clock)


@pytest.fixture
def lying(flow: Flow, windows: _Windows, clock: ManualClock) -> Lying:
    return Lying(flow, windows, windowed=True, clock=clock, most=_MOST)


def _partition() -> OwnedPartition:
    return OwnedPartition("p1.held", 2, OffsetTracker(), opens=False, holds=True)


def _record(
    partition: OwnedPartition, job_id: str, offset: int, held: str = WINDOW, due_at: int = 0
) -> tuple[OwnedPartition, Message, Carried]:
    """A record that lies there, and is known to."""
    partition.jobs.held.park(job_id, Parked(1, HELD, offset, due_at))
    received = message(b"", key=job_id.encode(), topic="p1.held", offset=offset)
    carried = Carried(envelope(job_id), FirstPlace.of(received), held=held, due_at=due_at)
    return partition, received, carried


def _begun(lying: Lying, most: int = 100) -> list[int | None]:
    return [received.offset() for _, received, _ in lying.begun(most)]


def test_what_is_held_lies_on_until_the_window_opens(lying: Lying, windows: _Windows) -> None:
    """The first that lies stands for those behind it; open, all begin in their order."""
    # Given three that wait for the window
    partition = _partition()
    kept = [lying.keeps(*_record(partition, f"job-{n}", n)) for n in range(3)]

    # When it is closed, then none begins; when it opens, all do
    assert kept == [True, True, True]
    assert _begun(lying) == []
    windows.open = True
    assert _begun(lying, most=2) == [0, 1]
    assert _begun(lying) == [2]


def test_what_does_not_lie_there_any_more_is_met_at_once(lying: Lying) -> None:
    """Released, cancelled, or laid down anew elsewhere: it is passed over by who works on it."""
    # Given one that lies, and two behind it that were let go
    partition = _partition()
    records = [_record(partition, f"job-{n}", n) for n in range(3)]
    assert all(lying.keeps(*record) for record in records)
    partition.jobs.held.leave("job-1")
    partition.jobs.held.park("job-2", Parked(1, HELD, 9))

    # When the first is let go, then all are met
    assert _begun(lying) == []
    partition.jobs.held.leave("job-0")
    assert _begun(lying) == [0, 1, 2]


def test_what_is_being_laid_down_is_not_met_before_that_is_known(lying: Lying) -> None:
    """Its frame is committed, and the loop has not noted it yet."""
    # Given a record that is read before its offset is known
    partition = _partition()
    record = _record(partition, "job", 4)
    partition.jobs.held.park("job", Parked(1, HELD, UNKNOWN))

    # When it is met, then it waits; with another offset it is passed over
    assert lying.keeps(*record)
    assert _begun(lying) == []
    partition.jobs.held.park("job", Parked(1, HELD, 5))
    assert _begun(lying) == [4]


def test_what_has_a_time_of_its_own_is_laid_down_anew_once_in_a_window(
    lying: Lying, windows: _Windows, clock: ManualClock
) -> None:
    """What was laid down while it is open is not met again before it has closed and opened."""
    # Given an open window, and one that is not due, as it lay before and as it was laid down anew
    windows.open, partition = True, _partition()
    due_at = clock.now_ms() + 3_600_000
    assert not lying.keeps(*_record(partition, "before", 1, NOT_BEFORE, due_at))
    partition.jobs.held.anew = 7
    assert lying.keeps(*_record(partition, "anew", 7, NOT_BEFORE, due_at))
    assert _begun(lying) == []

    # When it closes and opens again, then it is met again
    windows.open = False
    assert _begun(lying) == []
    windows.open = True
    assert _begun(lying) == [7]


def test_what_lies_for_a_week_is_laid_down_anew(lying: Lying, clock: ManualClock) -> None:
    """So a takeover reads no states that are much older than what it remembers anyway."""
    # Given one that lies
    partition = _partition()
    lying.keeps(*_record(partition, "job", 1))
    clock.advance(_WEEK_SECONDS - 1)
    assert _begun(lying) == []

    # When it is a week, then it is met
    clock.advance(2)
    assert _begun(lying) == [1]


def test_the_partition_says_why_it_is_paused(
    lying: Lying, flow: Flow, windows: _Windows, clock: ManualClock
) -> None:
    """Closed; or open, with nothing but what has a time of its own."""
    # Given one that is not due
    partition = _partition()
    lying.keeps(*_record(partition, "job", 1, NOT_BEFORE, clock.now_ms() + 3_600_000))
    assert flow.reasons() == {partition.place: {CLOSED}}

    # When the window is open and it was laid down in that, then it is not due
    windows.open, partition.jobs.held.anew = True, 1
    assert _begun(lying) == []
    assert flow.reasons() == {partition.place: {"not due"}}

    # And without it nothing is paused
    partition.jobs.held.leave("job")
    assert _begun(lying) == [1]
    assert flow.reasons() == {}


def test_a_lane_that_holds_too_much_takes_no_more(
    lying: Lying, flow: Flow, clock: ManualClock
) -> None:
    """What is held is never forgotten, so its source and its tiers wait until less is."""
    # Given a lane that holds all it may
    partition, source = _partition(), OwnedPartition("jobs.submitted", 2, OffsetTracker())
    source.jobs = partition.jobs
    for n in range(_MOST):
        _record(partition, f"job-{n}", n)
    owned = {each.place: each for each in (partition, source)}

    # When it is looked at, then the source waits, and what is held does not
    lying.mind(owned)
    assert flow.reasons() == {source.place: {CROWDED}}

    # And a tenth less is enough to go on
    for n in range(2):
        partition.jobs.held.leave(f"job-{n}")
    clock.advance(1)
    lying.mind(owned)
    assert flow.reasons() == {}


def test_a_command_a_moment_too_early_waits_and_an_hour_too_early_does_not(
    clock: ManualClock,
) -> None:
    """Clocks differ by seconds; whoever is an hour early means it."""
    # Given commands for jobs that are due in 3 s, 1 s and an hour
    early, partition = Early(clock=clock), _partition()
    tasks = [Task(partition, n, message(offset=n), b"job", 0) for n in range(3)]
    due = [clock.now_ms() + ms for ms in (3000, 1000, 3_600_000)]
    kept = [early.keeps(task, at) for task, at in zip(tasks, due, strict=True)]
    assert kept == [True, True, False]

    # When time goes on, then they come when they are due
    assert (list(early.due()), early.next_seconds) == ([], 1.0)
    clock.advance(1)
    assert list(early.due()) == [tasks[1]]
    clock.advance(2)
    assert list(early.due()) == [tasks[0]]
    assert early.next_seconds == float("inf")
