"""Time as a value that is handed in, so logic can be tested without waiting."""

import time
from typing import Protocol


class Clock(Protocol):
    def now_ms(self) -> int:
        """Wall clock, milliseconds since the epoch (UTC): for records people read."""
        ...

    def monotonic(self) -> float:
        """Seconds from an arbitrary point, never going back: for deadlines."""
        ...


class SystemClock:
    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    monotonic = staticmethod(time.monotonic)
