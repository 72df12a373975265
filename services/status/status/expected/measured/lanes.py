"""Whose lanes are slower or quicker than the stage's others: instances differ. Pure."""

from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Final

#: Fewer say too little of a lane; so many are told by its median to a tenth.
_KEPT: Final = 20
#: What differs by less may be chance.
_LEAST: Final = 1.25


@dataclass
class Lanes:
    """By how much the runs of each lane take longer; for one thread."""

    _ratios: dict[int, deque[float]] = field(
        default_factory=lambda: defaultdict(lambda: deque(maxlen=_KEPT))
    )
    _factors: dict[int, float] = field(default_factory=dict)

    def add(self, lane: int, ratio: float) -> None:
        """A run in *lane* took *ratio* times as long as those of all did then."""
        if ratio > 0:
            self._ratios[lane].append(ratio)

    def look(self) -> None:
        """Compare them anew. Where all became slower at once, none is slower than the others."""
        middles = {
            lane: median(ratios) for lane, ratios in self._ratios.items() if len(ratios) == _KEPT
        }
        usual = median(middles.values()) if middles else 1.0
        found = {lane: middle / usual for lane, middle in middles.items()}
        self._factors = {lane: by for lane, by in found.items() if max(by, 1 / by) >= _LEAST}

    def factor(self, lane: int | None) -> float:
        """How many times as long as usual a run in *lane* takes; 1 if that is not known."""
        return 1.0 if lane is None else self._factors.get(lane, 1.0)

    @property
    def factors(self) -> Mapping[int, float]:
        """Of the lanes that differ, as compared last."""
        return self._factors
