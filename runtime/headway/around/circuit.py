"""Whether calls go through: all of them (closed), none (open), or a few on trial (half-open).

The states are pybreaker's. Its own way to call holds a lock for as long as a call takes and reads
the wall clock; here it is told only how calls have ended, and when it is half-open.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from enum import Enum
from threading import Lock
from typing import Any, Final

from pybreaker import STATE_CLOSED, STATE_HALF_OPEN, STATE_OPEN, CircuitBreaker

from headway.base.clock import Clock

#: How often somebody who waits looks whether it is over: what ends late costs so much.
_LOOK_SECONDS: Final = 0.1


class Pass(Enum):
    """How a call was let through; its end is told with it."""

    FREELY = 0
    ON_TRIAL = 1


class _Failed(Exception):  # noqa: N818 - raised and caught here alone: how pybreaker is told
    """A call has failed."""


class Circuit:
    """Shared by the workers, who call, and the loop, which looks.

    It opens after *failures* calls in a row that have failed, for *first_seconds*, and lets
    *trials* at once through then. A trial that fails opens it again, for twice as long as before,
    up to *longest_seconds*; one that succeeds closes it. How a call ends that was let through
    before it opened says nothing any more.
    """

    def __init__(
        self,
        *,
        failures: int,
        first_seconds: float,
        longest_seconds: float,
        trials: int = 1,
        clock: Clock,
    ) -> None:
        self._states = CircuitBreaker(fail_max=failures, throw_new_error_on_trip=False)
        self._lock = Lock()
        self._clock = clock
        self._first_seconds, self._longest_seconds = first_seconds, longest_seconds
        self._most_trials = trials
        self._trials = self._waiting = 0
        self._seconds = self._until = 0.0
        self._until_ms = 0
        #: Read without the lock by every call. Untouched: nothing has failed since one succeeded.
        self.closed = self.untouched = True
        #: How often it opened; a trial that fails does not open it anew.
        self.openings = 0
        #: Since when (ms) it has not been closed, and what failed last, in words.
        self.since_ms = 0
        self.error = ""

    @property
    def state(self) -> str:
        """`closed`, `open` or `half-open`."""
        return self._states.current_state

    @property
    def wants_calls(self) -> bool:
        """Whether calls are of use: they go through, or it needs one to try and none waits."""
        with self._lock:
            return self.closed or (self._free_trial and not self._waiting)

    def turn(self) -> None:
        """Half-open it if its time is up."""
        with self._lock:
            self._look()

    def wait(self, pause: Callable[[float], bool]) -> Pass | None:
        """Blocks until a call may go through; None: *pause*, which waits, says it is not wanted."""
        with self._lock:
            self._waiting += 1
        try:
            while (let_through := self._admit()) is None:
                if pause(_LOOK_SECONDS):
                    return None
            return let_through
        finally:
            with self._lock:
                self._waiting -= 1

    def succeeded(self, through: Pass) -> None:
        with self._lock:
            self._ended(through)
            if self.state == STATE_CLOSED:
                self._states.call(_succeed)
            elif through is Pass.ON_TRIAL:
                self._states.close()
            self._note()

    def failed(self, through: Pass, error: str) -> bool:
        """A call has failed, by *error*; whether calls do not go through any more."""
        with self._lock:
            self._ended(through)
            before = self.state
            if before == STATE_CLOSED or (before == STATE_HALF_OPEN and through is Pass.ON_TRIAL):
                self.error = error
                with suppress(_Failed):
                    self._states.call(_fail)
                self._opened_after(before)
            return not self.closed

    def undecided(self, through: Pass) -> None:
        """A call has ended in a way that says nothing."""
        with self._lock:
            self._ended(through)

    def trip(self, error: str) -> None:
        """Open it, whatever the last calls were."""
        with self._lock:
            if self.closed:
                self.error = error
                self._states.open()
                self._opened_after(STATE_CLOSED)

    def standing(self) -> dict[str, Any] | None:
        """What there is to say of it to people; None while it is closed."""
        with self._lock:
            if self.closed:
                return None
            told = {"state": self.state, "since": _iso(self.since_ms), "waiting": self._waiting}
            again = {"tries_at": _iso(self._until_ms)} if self.state == STATE_OPEN else {}
            return {**told, **again, "error": self.error}

    @property
    def _free_trial(self) -> bool:
        return self.state == STATE_HALF_OPEN and self._trials < self._most_trials

    def _admit(self) -> Pass | None:
        with self._lock:
            self._look()
            if self.closed:
                return Pass.FREELY
            if not self._free_trial:
                return None
            self._trials += 1
            return Pass.ON_TRIAL

    def _look(self) -> None:
        if self.state == STATE_OPEN and self._clock.monotonic() >= self._until:
            self._states.half_open()

    def _ended(self, through: Pass) -> None:
        if through is Pass.ON_TRIAL:
            self._trials -= 1

    def _opened_after(self, before: str) -> None:
        self._note()
        if self.closed:
            return
        if before == STATE_CLOSED:
            self.openings += 1
            self.since_ms = self._clock.now_ms()
            self._seconds = self._first_seconds
        else:
            self._seconds = min(2 * self._seconds, self._longest_seconds)
        self._until = self._clock.monotonic() + self._seconds
        self._until_ms = self._clock.now_ms() + round(1000 * self._seconds)

    def _note(self) -> None:
        self.closed = self.state == STATE_CLOSED
        self.untouched = self.closed and self._states.fail_counter == 0


def time_of_day(at_ms: int) -> str:
    """`12:03 UTC`, as people are told since when something is so."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%H:%M UTC")


def _iso(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="seconds")


def _succeed() -> None:
    """As pybreaker is told."""


def _fail() -> None:
    raise _Failed
