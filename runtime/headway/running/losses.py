"""Producers that were lost: how many, and when that is no outage but a mistake."""

from collections import deque
from typing import Final

from headway.base.clock import Clock
from headway.base.errors import StageHalted
from headway.saying.fate import ProducerLost

#: More producers refused than this within the time, and the process gives up: two instances of
#: one id bar each other for ever, with commits between.
_MOST_LOST: Final = 5
_LOST_WITHIN_SECONDS: Final = 60.0


class Losses:
    """When producers were refused lately."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._at: deque[float] = deque(maxlen=_MOST_LOST)

    def note(self, loss: ProducerLost) -> None:
        """One more; one that only did not answer does not count.

        Raises:
            StageHalted: there were too many within too short a time.
        """
        if not loss.refused:
            return
        now, earlier = self._clock.monotonic(), self._at
        if len(earlier) == _MOST_LOST and now - earlier[0] < _LOST_WITHIN_SECONDS:
            raise StageHalted(
                f"{_MOST_LOST + 1} producers were lost in {now - earlier[0]:.0f} s, the last: "
                f"{loss}. If another instance runs under the same INSTANCE_ID, give each its own"
            ) from loss
        earlier.append(now)
