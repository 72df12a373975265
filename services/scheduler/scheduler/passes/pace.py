"""How many commands a second a pass writes in a lane."""

from typing import Final

from headway.base.clock import Clock

#: What one turn writes at most, however long nothing was written.
_BURST: Final = 200


class Pace:
    """*per_second* on average; a pause is not made up for by more than a burst of a second."""

    def __init__(self, per_second: float, clock: Clock) -> None:
        self._per_second = per_second
        self._clock = clock
        self._most = max(1.0, min(per_second, float(_BURST)))
        self._left = self._most
        self._at = clock.monotonic()

    def free(self) -> int:
        """How many may be written now."""
        now = self._clock.monotonic()
        self._left = min(self._most, self._left + (now - self._at) * self._per_second)
        self._at = now
        return int(self._left)

    def take(self, count: int) -> None:
        self._left -= count
