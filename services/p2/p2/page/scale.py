"""From values to places in a drawing, and the round values an axis names."""

import math
from dataclasses import dataclass
from typing import Final

#: As far as the next power of ten, so that one of them is always large enough.
_ROUND: Final = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Scale:
    """Linear from `low..high` to `start..end`; values beyond are drawn at the end."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        if self.high == self.low:
            return round((self.start + self.end) / 2, 1)
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)


def ticks(low: float, high: float, wanted: int, *, whole: bool = False) -> list[float]:
    """About `wanted` round values within `low..high`."""
    if high <= low:
        return [low]
    rough = (high - low) / max(1, wanted)
    power = 10.0 ** math.floor(math.log10(rough))
    # Here and below 1e-9 forgives a division that misses a whole number by its last bits.
    step = next(power * size for size in _ROUND if power * size >= rough * (1 - 1e-9))
    if whole:
        step = max(1.0, math.ceil(step))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    # Without the last digits that binary fractions leave.
    return [float(f"{number * step:.12g}") for number in range(first, last + 1)]
