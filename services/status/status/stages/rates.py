"""What each stage gets done a second, over the last minute."""

import threading
from collections import Counter, deque
from collections.abc import Mapping
from typing import Final

from headway.base.clock import Clock, SystemClock
from status.table.change import Change

_SECONDS: Final = 60


class Rates:
    """Safe to share by threads.

    A table that is being built, or catches up with what it missed, moves faster than any stage: of
    such a minute nothing is said.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        #: By whole seconds, oldest first: those of the last minute, and the present one.
        self._done: deque[tuple[int, Counter[str]]] = deque()
        self._begun_at: int | None = None

    def note(self, change: Change) -> None:
        """Take in what the table was told; called after each commit."""
        now = int(self._clock.monotonic())
        with self._lock:
            if not change.caught_up:
                self._begun_at = None
                self._done.clear()
                return
            if self._begun_at is None:
                self._begun_at = now
            if change.done:
                self._add(change.done, now)

    def per_second(self) -> Mapping[str, float] | None:
        """By stage, of those that got anything done; None until a whole minute was observed."""
        now = int(self._clock.monotonic())
        with self._lock:
            # The second in which it began was not observed whole, and the present one is not over.
            if self._begun_at is None or now - self._begun_at <= _SECONDS:
                return None
            self._drop(now)
            done = Counter[str]()
            for second, counts in self._done:
                if second < now:
                    done.update(counts)
        return {stage: count / _SECONDS for stage, count in done.items()}

    def _add(self, done: Mapping[str, int], now: int) -> None:
        self._drop(now)
        if not self._done or self._done[-1][0] != now:
            self._done.append((now, Counter()))
        self._done[-1][1].update(done)

    def _drop(self, now: int) -> None:
        while self._done and self._done[0][0] < now - _SECONDS:
            self._done.popleft()
