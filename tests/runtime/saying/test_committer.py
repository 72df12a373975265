"""Transactions beside the loop: what comes of them, and what of a call that never returns."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import cast

import pytest
from support.clock import ManualClock
from support.waiting import DEADLINE_SECONDS, wait_until

from headway.saying.committer import (
    HUNG_SECONDS,
    Aborted,
    Committed,
    Committer,
    Lost,
    Opened,
    Result,
)
from headway.saying.fate import FrameAborted, ProducerLost
from headway.saying.frame import Frame
from headway.saying.transaction import Commit, TransactionalSink

_COMMIT = Commit([], b"")


@dataclass
class _Sink:
    """Does what it is told at each frame; `calling` stands for the check before a client's call."""

    calling: Callable[[], bool]
    steps: list[Callable[[], None]]
    opens: list[BaseException]
    written: list[Frame] = field(default_factory=list)

    def open(self) -> None:
        assert self.calling()
        if self.opens:
            raise self.opens.pop(0)

    def write(self, frame: Frame, _commit: Commit) -> None:
        if not self.calling():
            raise ProducerLost("given up")
        if self.steps:
            self.steps.pop(0)()
        self.written.append(frame)


@dataclass
class _Rig:
    clock: ManualClock
    sinks: list[_Sink] = field(default_factory=list)
    steps: list[Callable[[], None]] = field(default_factory=list)
    opens: list[BaseException] = field(default_factory=list)

    def make_sink(self, calling: Callable[[], bool]) -> TransactionalSink:
        self.sinks.append(_Sink(calling, self.steps, self.opens))
        return cast("TransactionalSink", self.sinks[-1])


@pytest.fixture
def rig(clock: ManualClock) -> _Rig:
    return _Rig(clock)


@pytest.fixture
def committer(rig: _Rig) -> Iterator[Committer[Frame]]:
    committer = Committer[Frame](rig.make_sink, clock=rig.clock)
    yield committer
    committer.close()


def _result(committer: Committer[Frame]) -> Result[Frame]:
    found: list[Result[Frame]] = []

    def look() -> bool:
        result = committer.result()
        if result is not None:
            found.append(result)
        return result is not None

    wait_until(look)
    return found[0]


def _open(committer: Committer[Frame]) -> None:
    committer.open()
    assert _result(committer) == Opened()


def _raise(error: BaseException) -> Callable[[], None]:
    def step() -> None:
        raise error

    return step


def test_it_is_ready_once_the_producer_is_open(committer: Committer[Frame]) -> None:
    """Until the cluster has answered nothing may be said."""
    # Given a committer, when it is opened, then it is ready when that is told
    committer.open()
    assert not committer.ready
    assert _result(committer) == Opened()
    assert committer.ready


def test_a_frame_is_said_beside_the_loop_and_ends_its_wait(
    committer: Committer[Frame], rig: _Rig
) -> None:
    """The loop goes on meanwhile, and learns of it at once."""
    # Given a frame whose saying takes its time
    _open(committer)
    gate = threading.Event()
    rig.steps.append(lambda: cast("None", gate.wait(DEADLINE_SECONDS)))
    frame = Frame()

    # When it is said, then the loop is not held, and no other frame is taken
    committer.say(frame, _COMMIT)
    assert committer.result() is None
    assert not committer.ready

    # And the end of it ends the loop's wait
    gate.set()
    committer.wait(DEADLINE_SECONDS)
    result = committer.result()
    assert isinstance(result, Committed)
    assert result.frame is frame
    assert committer.ready


def test_an_abort_gives_the_frame_back(committer: Committer[Frame], rig: _Rig) -> None:
    """It may be said again, with the same producer."""
    # Given a frame that is aborted
    _open(committer)
    error, frame = FrameAborted("why"), Frame()
    rig.steps.append(_raise(error))

    # When it is said, then it comes back with the reason
    committer.say(frame, _COMMIT)
    assert _result(committer) == Aborted(frame, error)
    assert committer.ready
    assert len(rig.sinks) == 1


@pytest.mark.parametrize("error", [ProducerLost("fenced", refused=True), LookupError("a bug")])
def test_a_lost_producer_is_told_and_another_can_be_opened(
    committer: Committer[Frame], rig: _Rig, error: Exception
) -> None:
    """Whatever ends a line, a bug of ours included, is a result and no dead thread."""
    # Given a producer that is lost in a frame
    _open(committer)
    rig.steps.append(_raise(error))
    committer.say(Frame(), _COMMIT)
    result = _result(committer)
    assert isinstance(result, Lost)
    assert result.error.refused
    assert not committer.ready

    # When another is opened, then frames are said with that
    _open(committer)
    committer.say(Frame(), _COMMIT)
    assert isinstance(_result(committer), Committed)
    assert [len(sink.written) for sink in rig.sinks] == [0, 1]


def test_a_cluster_that_refuses_the_producer_is_told(
    committer: Committer[Frame], rig: _Rig
) -> None:
    """The loop decides how often to try again."""
    # Given a cluster that refuses the first producer
    rig.opens.append(ProducerLost("not authorized", refused=True))

    # When it is opened, then that is told, and the next may succeed
    committer.open()
    assert isinstance(_result(committer), Lost)
    _open(committer)


def test_a_call_that_never_returns_is_left_behind(committer: Committer[Frame], rig: _Rig) -> None:
    """As in librdkafka #5456: the stage goes on with another producer; the old does no more."""
    # Given a frame that hangs in the client
    _open(committer)
    gate = threading.Event()
    rig.steps.append(lambda: cast("None", gate.wait(DEADLINE_SECONDS)))
    committer.say(Frame(), _COMMIT)
    wait_until(lambda: not rig.steps)

    # When the loop has turned for longer than any call may take
    result = None
    for _ in range(int(HUNG_SECONDS) + 2):
        assert result is None
        rig.clock.advance(1.0)
        result = committer.result()
        if result is not None:
            break

    # Then it is lost, without blame, and another line works
    assert isinstance(result, Lost)
    assert not result.error.refused
    _open(committer)
    committer.say(Frame(), _COMMIT)
    assert isinstance(_result(committer), Committed)

    # And the old one, come back at last, makes no further call and tells nobody
    gate.set()
    wait_until(lambda: rig.sinks[0].written)
    assert not rig.sinks[0].calling()
    assert committer.result() is None


def test_a_process_that_stood_still_gives_the_call_its_time(
    committer: Committer[Frame], rig: _Rig
) -> None:
    """A SIGSTOP of an hour is no fault of the client."""
    # Given a frame under way when the process is stopped
    _open(committer)
    gate = threading.Event()
    rig.steps.append(lambda: cast("None", gate.wait(DEADLINE_SECONDS)))
    committer.say(Frame(), _COMMIT)
    assert committer.result() is None

    # When it goes on an hour later, then it waits on
    rig.clock.advance(3600.0)
    assert committer.result() is None
    gate.set()
    assert isinstance(_result(committer), Committed)


def test_calls_that_come_back_without_success_are_no_hang(
    committer: Committer[Frame], rig: _Rig
) -> None:
    """A cluster that is away for long costs no producer."""
    # Given a frame whose calls time out in an orderly way
    _open(committer)
    gate = threading.Event()
    rig.steps.append(lambda: cast("None", gate.wait(DEADLINE_SECONDS)))
    committer.say(Frame(), _COMMIT)

    # When that goes on for ten minutes, then nothing is given up
    for _ in range(120):
        rig.clock.advance(5.0)
        rig.sinks[0].calling()
        assert committer.result() is None
    gate.set()
    assert isinstance(_result(committer), Committed)
