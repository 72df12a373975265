"""The windows of time that sums are made of, and the keys they have in the topic.

A key is a place in a ring: it is used again when its window is too old to be kept. So the topic
stays as large as it is, whether anybody cleans up or not, and a reader needs no tombstones.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Resolution:
    """Windows that are *ms* long, of which *kept* are."""

    ms: int
    kept: int

    def start(self, at: int) -> int:
        """When the window begins that *at* lies in; ms."""
        return at - at % self.ms

    def key(self, stage: str, start: int) -> bytes:
        """The key of the window of *stage* that begins at *start*."""
        place = start // self.ms % self.kept
        return f"{stage}/{self.ms // 1000}/{place}".encode()


#: 10 s for an hour, 5 min for a week.
RESOLUTIONS: Final = (Resolution(10_000, 360), Resolution(300_000, 2016))
