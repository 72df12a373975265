"""Time that stands still until a test moves it."""

from dataclasses import dataclass


@dataclass
class ManualClock:
    """A `headway.base.clock.Clock`; the two times are independent, as on a real machine."""

    wall_ms: int = 1_764_000_000_000
    seconds: float = 100.0

    def now_ms(self) -> int:
        return self.wall_ms

    def monotonic(self) -> float:
        return self.seconds

    def advance(self, seconds: float) -> None:
        self.seconds += seconds
        self.wall_ms += round(seconds * 1000)
