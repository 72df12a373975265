"""How fast a stage takes jobs from its line, and how long the line usually is. Pure."""

from collections import deque
from dataclasses import dataclass, field
from typing import Final, NamedTuple

#: A rate is of so many jobs and so long at least, or it would jump; and of the newest, since a
#: stage may be slower today than yesterday.
_LEAST_JOBS: Final = 30
_LEAST_SECONDS: Final = 5.0
_MOST_SECONDS: Final = 600.0
#: Fewer in all that time say nothing.
_FEWEST_JOBS: Final = 10
#: A line that holds more than this is one: what is less is on its way from stage to table.
_LINE_SECONDS: Final = 0.5
_LINE_JOBS: Final = 2
_BUSY_LOOKS: Final = 3


class Look(NamedTuple):
    """What was seen of a stage in the last *seconds*: who waits, runs, and was done with."""

    seconds: float
    waiting: int
    running: int
    done: int


@dataclass
class Pace:
    """Grows by looks, about one a second; for one thread."""

    _looks: deque[Look] = field(default_factory=deque)
    _seconds: float = 0.0
    #: Looks since the line began, and since there was none any more.
    _in_a_row: int = 0
    _without: int = 0
    _idle_seconds: float = 0.0

    def look(self, look: Look) -> None:
        self._looks.append(look)
        self._seconds += look.seconds
        while self._seconds > _MOST_SECONDS and len(self._looks) > 1:
            self._seconds -= self._looks.popleft().seconds
        is_line = self._is_line(look.waiting)
        self._in_a_row = self._in_a_row + 1 if is_line else 0
        self._without = 0 if is_line else self._without + 1
        working = look.waiting or look.running
        self._idle_seconds = 0.0 if look.done or not working else self._idle_seconds + look.seconds

    @property
    def busy(self) -> bool:
        """Whether jobs have been waiting for a turn for some looks."""
        return self._in_a_row >= _BUSY_LOOKS

    @property
    def idle_seconds(self) -> float:
        """For how long nothing was done, though there was something to do."""
        return self._idle_seconds

    @property
    def throughput(self) -> float:
        """Jobs a second, lately, busy or not; 0 if too few were seen to say it."""
        return self._per_second(len(self._looks))

    @property
    def busy_rate(self) -> float:
        """Jobs a second while there was a line, as it stands now; 0 if that is too short."""
        return self._per_second(self._in_a_row)

    @property
    def peak_running(self) -> int:
        """How many ran at once, at most."""
        return max((look.running for look in self._looks), default=0)

    @property
    def mean_waiting(self) -> float:
        """How many waited on average, over the time of `throughput` in which there was no line."""
        looks = self._newest(self._without)
        return sum(look.waiting for look in looks) / len(looks) if looks else 0.0

    def _is_line(self, waiting: int) -> bool:
        return waiting > max(_LINE_JOBS, _LINE_SECONDS * self.throughput)

    def _per_second(self, most: int) -> float:
        looks = self._newest(most)
        done = sum(look.done for look in looks)
        return done / sum(look.seconds for look in looks) if done >= _FEWEST_JOBS else 0.0

    def _newest(self, most: int) -> list[Look]:
        """The newest looks, *most* at most, until they hold enough."""
        found: list[Look] = []
        jobs, seconds = 0, 0.0
        for look in reversed(self._looks):
            if len(found) == most or (jobs >= _LEAST_JOBS and seconds >= _LEAST_SECONDS):
                break
            found.append(look)
            jobs, seconds = jobs + look.done, seconds + look.seconds
        return found
