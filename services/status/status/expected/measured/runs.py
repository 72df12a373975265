"""How long a stage's runs took, of those that ended lately, and in which lanes. Pure."""

from bisect import bisect_right, insort
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import fmean
from typing import Final, NamedTuple

from status.expected.measured.lanes import Lanes

#: Enough for a median, few enough that a stage that has become slower is soon seen to be.
_KEPT: Final = 100
#: Below this a report says too little: a handler may tell its first tenth at once.
_LEAST_TOLD: Final = 0.1


class Run(NamedTuple):
    """How long it took, and in which lane, if that is known."""

    seconds: float
    lane: int | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """Seconds that runs took, rising."""

    seconds: tuple[float, ...] = ()

    @property
    def median(self) -> float | None:
        """What half of them took at most; None if none is known."""
        return self.seconds[len(self.seconds) // 2] if self.seconds else None

    @property
    def mean(self) -> float | None:
        return fmean(self.seconds) if self.seconds else None

    def times(self, factor: float) -> "Taken":
        return Taken(tuple(seconds * factor for seconds in self.seconds))

    def left(self, elapsed: float, told: float) -> float | None:
        """How long a run still takes that has taken *elapsed* s and says that it is *told* done.

        *told* is a share of 1. None where it would be a guess: it runs for longer than any did, and
        does not tell. The more it tells, the more that counts.
        """
        known = self._left_by_others(elapsed)
        if told < _LEAST_TOLD:
            return known
        by_itself = elapsed * (1 - told) / told
        return by_itself if known is None else told * by_itself + (1 - told) * known

    def _left_by_others(self, elapsed: float) -> float | None:
        """The median of those that took longer, less what is over."""
        longer = self.seconds[bisect_right(self.seconds, elapsed) :]
        return longer[len(longer) // 2] - elapsed if longer else None


@dataclass
class _Newest:
    _newest: deque[float] = field(default_factory=deque)
    _sorted: list[float] = field(default_factory=list)

    def add(self, seconds: float) -> None:
        self._newest.append(seconds)
        insort(self._sorted, seconds)
        if len(self._newest) > _KEPT:
            del self._sorted[bisect_right(self._sorted, self._newest.popleft()) - 1]

    @property
    def mean(self) -> float | None:
        return fmean(self._newest) if self._newest else None

    def taken(self) -> Taken:
        return Taken(tuple(self._sorted))


@dataclass
class Runs:
    """For one thread."""

    _taken: _Newest = field(default_factory=_Newest)
    #: As long as each would have taken in a lane as most are.
    _usual: _Newest = field(default_factory=_Newest)
    _lanes: Lanes = field(default_factory=Lanes)

    def add(self, run: Run) -> None:
        mean = self._taken.mean
        if mean and run.lane is not None:
            self._lanes.add(run.lane, run.seconds / mean)
        self._taken.add(run.seconds)
        self._usual.add(run.seconds / self._lanes.factor(run.lane))

    def look(self) -> None:
        """Compare the lanes anew."""
        self._lanes.look()

    def taken(self) -> Taken:
        """As they stand, in all lanes."""
        return self._taken.taken()

    def apart(self) -> Mapping[int, Taken]:
        """How long they take in the lanes that differ from the others."""
        usual = self._usual.taken()
        return {lane: usual.times(factor) for lane, factor in self._lanes.factors.items()}
