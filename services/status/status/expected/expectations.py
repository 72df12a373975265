"""What is to be expected as it is now, and how REST and events tell it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from headway.base.clock import Clock, SystemClock
from status.expected.outlook import Expected, Outlook
from status.expected.standing import Standings
from status.table.row import Row

#: Up to here tenths of a second are told: more would be said than is known.
_TENTHS_SECONDS: Final = 10.0


@dataclass(kw_only=True)
class Expectations:
    """The thread that looks sets `now`; everybody may read it."""

    standings: Standings
    clock: Clock = field(default_factory=SystemClock)
    now: Outlook = field(default_factory=Outlook)

    @property
    def lines(self) -> tuple[str, ...]:
        """What jobs are called that wait for each stage."""
        return self.standings.lines

    def of(self, row: Row, began: int | None = None) -> Expected:
        """What *row*'s job has before it; it began what it does at *began* (ms), if known."""
        return self.now.of(self.standings.of(row, began), self.clock.now_ms())

    def shown(self, row: Row, began: int | None = None) -> Mapping[str, object]:
        """The same as JSON."""
        return shown(self.of(row, began))


def shown(expected: Expected) -> dict[str, object]:
    return {"queue_position": expected.place, "eta_seconds": rounded(expected.seconds)}


def rounded(seconds: float | None) -> float | None:
    if seconds is None:
        return None
    return round(seconds, 1) if seconds < _TENTHS_SECONDS else float(round(seconds))
