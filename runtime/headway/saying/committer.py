"""Transactions beside the loop: one frame at a time, in a thread that can be left behind.

No call of the client is trusted to come back. librdkafka has let `send_offsets_to_transaction`
stand for minutes although it was called with five seconds (librdkafka #5456, #5511), so the
producer and the thread that waits for it are one thing, a *line*: where a call hangs, the line is
given up as it stands and another is opened under the same transactional id, which bars the first.
"""

import itertools
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Final, Generic, Protocol, TypeAlias, TypeVar

from headway.base.clock import Clock
from headway.base.errors import HeadwayError
from headway.saying.fate import FrameAborted, ProducerLost
from headway.saying.transaction import Commit

logger = logging.getLogger(__name__)

#: What is said at once: a frame of a stage, whatever else a service says in one transaction.
F = TypeVar("F")
F_contra = TypeVar("F_contra", contravariant=True)

#: A call that is still out after this long will not come back: twice what it was given.
HUNG_SECONDS: Final = 10.0
#: What one turn of the loop may add to that time: a process that was stopped counts a second.
_MOST_A_TURN_SECONDS: Final = 1.0
#: Between two attempts to make a producer that the cluster refused.
_REOPEN_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Opened:
    """A producer is there: frames may be said."""


@dataclass(frozen=True, slots=True)
class Committed(Generic[F]):
    """All of the frame is visible."""

    frame: F
    seconds: float


@dataclass(frozen=True, slots=True)
class Aborted(Generic[F]):
    """Nothing of the frame is."""

    frame: F
    error: FrameAborted


@dataclass(frozen=True, slots=True)
class Lost:
    """The producer is gone, and the fate of what was being said unknown; another is opened."""

    error: ProducerLost


Result: TypeAlias = Opened | Committed[F] | Aborted[F] | Lost


class Sink(Protocol[F_contra]):
    """A transactional producer, `headway.saying.transaction`; every call blocks."""

    def open(self) -> None: ...
    def write(self, frame: F_contra, commit: Commit) -> None: ...


#: What makes a sink; it is given what the sink has to ask before each call to the client.
MakeSink: TypeAlias = Callable[[Callable[[], bool]], Sink[F]]


@dataclass(slots=True)
class _Line(Generic[F]):
    """A producer, the thread that calls it, and what passes between that and the loop."""

    number: int
    inbox: SimpleQueue[tuple[F, Commit] | None] = field(default_factory=SimpleQueue)
    outbox: SimpleQueue[Result[F]] = field(default_factory=SimpleQueue)
    calls: int = 0
    given_up: bool = False

    def calling(self) -> bool:
        self.calls += 1
        return not self.given_up


class Committer(Generic[F]):
    """Used by the loop's thread, which nothing here blocks for longer than it asks for.

    Frames are said in the order they are given, one at a time.
    """

    def __init__(self, make_sink: MakeSink[F], *, clock: Clock) -> None:
        self._make_sink = make_sink
        self._clock = clock
        self._told = threading.Event()
        self._numbers = itertools.count()
        self._line = _Line[F](-1)
        self._ready = False
        self._busy = False
        self._looked_at = 0.0
        self._waited_seconds = 0.0
        self._calls_seen = 0

    @property
    def ready(self) -> bool:
        """Whether a frame may be given now."""
        return self._ready and not self._busy

    @property
    def busy(self) -> bool:
        """Whether a frame is being said."""
        return self._ready and self._busy

    def open(self) -> None:
        """Begin to open a producer; `Opened` comes out of `result` when it is there."""
        self._line = line = _Line[F](next(self._numbers))
        self._ready, self._busy = False, True
        self._rest()
        name = f"committer-{line.number}"
        threading.Thread(target=self._run, args=(line,), name=name, daemon=True).start()

    def say(self, frame: F, commit: Commit) -> None:
        """Begin to say *frame*; only while `ready`."""
        self._busy = True
        self._rest()
        self._line.inbox.put((frame, commit))

    def result(self) -> Result[F] | None:
        """What has come of it since the last call; None while it is under way or idle."""
        self._told.clear()
        try:
            result = self._line.outbox.get_nowait()
        except Empty:
            return self._give_up() if self._busy and self._hangs() else None
        self._busy = False
        self._ready = not isinstance(result, Lost)
        return result

    def wait(self, seconds: float) -> None:
        """Wait until there is a result, for *seconds* at most."""
        self._told.wait(seconds)

    def close(self) -> None:
        """Let the thread end when it can; waits for nothing."""
        self._line.given_up = True
        self._line.inbox.put(None)

    def _rest(self) -> None:
        self._looked_at, self._waited_seconds = self._clock.monotonic(), 0.0
        self._calls_seen = self._line.calls

    def _hangs(self) -> bool:
        """Whether the call that is out has been out for too long, in time the loop has turned."""
        if self._line.calls != self._calls_seen:
            self._rest()
            return False
        now = self._clock.monotonic()
        self._waited_seconds += min(now - self._looked_at, _MOST_A_TURN_SECONDS)
        self._looked_at = now
        return self._waited_seconds > HUNG_SECONDS

    def _give_up(self) -> Lost:
        self._line.given_up = True
        self._line.inbox.put(None)
        self._ready = self._busy = False
        logger.error("producer.hangs", extra={"line": self._line.number})
        return Lost(ProducerLost(f"a call to the client has been out for {HUNG_SECONDS:g} s"))

    def _run(self, line: _Line[F]) -> None:
        """The thread of *line*; whatever it meets becomes a result."""
        sink = self._make_sink(line.calling)
        if not self._opened(line, sink):
            return
        while (order := line.inbox.get()) is not None:
            self._tell(line, self._said(sink, *order))

    def _opened(self, line: _Line[F], sink: Sink[F]) -> bool:
        try:
            sink.open()
        except Exception as error:  # noqa: BLE001 - a dead thread must not go unnoticed
            lost = error if isinstance(error, ProducerLost) else _unexpected(error)
            threading.Event().wait(_REOPEN_SECONDS)
            self._tell(line, Lost(lost))
            return False
        self._tell(line, Opened())
        return True

    def _said(self, sink: Sink[F], frame: F, commit: Commit) -> Result[F]:
        began = self._clock.monotonic()
        try:
            sink.write(frame, commit)
        except FrameAborted as error:
            return Aborted(frame, error)
        except ProducerLost as error:
            return Lost(error)
        except Exception as error:  # a dead thread must not go unnoticed
            logger.exception("frame.unexpected")
            return Lost(_unexpected(error))
        return Committed(frame, self._clock.monotonic() - began)

    def _tell(self, line: _Line[F], result: Result[F]) -> None:
        line.outbox.put(result)
        self._told.set()


def _unexpected(error: Exception) -> ProducerLost:
    told = str(error) if isinstance(error, HeadwayError) else repr(error)
    return ProducerLost(told, refused=True)
