"""When a stage tries a job again that failed by an error that may pass: later, and how often."""

import re
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from headway.base.errors import PermanentError, TimedOut, WorkerCrashed

_DURATION: Final = re.compile(r"(?P<count>\d+(\.\d+)?) ?(?P<unit>ms|s|min|h|d)")
_UNITS: Final = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86_400.0}
#: Its multiples, the whole parts left out, lie evenly from 0 to 1 however many there are.
_GOLDEN: Final = 0.618_033_988_749_894_9
_MS: Final = 1000
_LONGEST_SECONDS: Final = 366 * _UNITS["d"]
_COSTLY: Final = 2


class Wait(NamedTuple):
    """To be tried again when *due_at* (ms since the epoch) has come; *tier* counts from 1."""

    tier: int
    due_at: int


@dataclass(frozen=True, slots=True)
class Backoff:
    """A stage's policy of later tries, as `pipeline.yaml` declares it.

    Each delay has a topic of its own, in which records must lie in the order of their due times.
    So the jitter is one of the partition: the same for all that wait in one, and spread over them.
    """

    delays_seconds: tuple[float, ...]
    tries: int
    jitter: float
    deadline_seconds: float
    #: Of the tries, those after a call that ended its process, or that took too long: each costs a
    #: process, or all the time there is. 0: such a job is given up at once.
    crashes: int = _COSTLY
    timeouts: int = _COSTLY

    @staticmethod
    def of(declared: dict[str, Any]) -> "Backoff":
        """As declared.

        Raises:
            ValueError: a value is none that can be, with its name.
        """
        backoff = Backoff(
            delays_seconds=tuple(seconds(delay) for delay in declared["delays"]),
            tries=declared["tries"],
            jitter=declared["jitter"],
            deadline_seconds=seconds(declared["deadline"]),
            crashes=declared.get("crashes", _COSTLY),
            timeouts=declared.get("timeouts", _COSTLY),
        )
        if not 0 <= backoff.jitter <= 1:
            raise ValueError(f"retry: jitter {backoff.jitter} is no share from 0 to 1")
        if not backoff.delays_seconds:
            raise ValueError("retry: there must be a delay: what is redriven waits for the first")
        if backoff.tries < 0:
            raise ValueError(f"retry: {backoff.tries} tries; 0 is the least, for none")
        return backoff

    def changed(self, delays: str, tries: int) -> "Backoff":
        """With other *delays* (s, comma separated; empty: these) and *tries* (below 0: these).

        Raises:
            ValueError: the delays are no numbers, or not as many as there are topics.
        """
        told = tuple(_delay(delay) for delay in delays.split(",")) if delays.strip() else ()
        if told and len(told) != len(self.delays_seconds):
            raise ValueError(f"{delays!r} are {len(told)} delays, not {len(self.delays_seconds)}")
        return replace(
            self,
            delays_seconds=told or self.delays_seconds,
            tries=self.tries if tries < 0 else tries,
        )

    def after(
        self, error: BaseException, *, tries: int, since: int, now: int, partition: int
    ) -> Wait | None:
        """When to try again after *error*; None: never.

        *tries* later ones were had since the attempt first failed at *since* (ms); it is *now*.
        """
        if isinstance(error, PermanentError) or tries >= self._most(error):
            return None
        wait = self.wait(tries + 1, now=now, partition=partition)
        return wait if wait.due_at - since <= self.deadline_seconds * _MS else None

    def _most(self, error: BaseException) -> int:
        if isinstance(error, WorkerCrashed):
            return min(self.tries, self.crashes)
        return min(self.tries, self.timeouts) if isinstance(error, TimedOut) else self.tries

    def wait(self, number: int, *, now: int, partition: int) -> Wait:
        """The wait before later try *number*, counted from 1."""
        tier = min(number, len(self.delays_seconds))
        share = partition * _GOLDEN % 1
        delay = self.delays_seconds[tier - 1] * (1 + self.jitter * share)
        return Wait(tier, now + round(delay * _MS))


#: No later tries at all.
NEVER: Final = Backoff(delays_seconds=(), tries=0, jitter=0.0, deadline_seconds=0.0)


def _delay(said: str) -> float:
    try:
        delay = float(said)
    except ValueError:
        delay = -1
    if not 0 <= delay <= _LONGEST_SECONDS:
        raise ValueError(f"{said!r} is no delay: a number of seconds from 0 to a year")
    return delay


def seconds(duration: str) -> float:
    """`5 s`, `1 min`, `10 ms`, `1 h`, `2 d` as seconds.

    Raises:
        ValueError: it is none of that form.
    """
    match = _DURATION.fullmatch(str(duration).strip())
    if match is None:
        raise ValueError(f"{duration!r} is no duration such as 5 s, 1 min or 1 h")
    return float(match["count"]) * _UNITS[match["unit"]]
