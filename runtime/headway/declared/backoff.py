"""When a stage tries a job again that failed by an error that may pass: later, and how often."""

import re
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from zlib import crc32

from headway.base.errors import PermanentError, WorkerCrashed

_DURATION: Final = re.compile(r"(?P<count>\d+(\.\d+)?) ?(?P<unit>ms|s|min|h|d)")
_UNITS: Final = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86_400.0}
_HASHES: Final = 2**32
_MS: Final = 1000


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
    #: A job that ends its worker process costs one each time; so many calls are enough.
    crashes: int = 2

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
        )
        if not 0 <= backoff.jitter <= 1:
            raise ValueError(f"retry: jitter {backoff.jitter} is no share from 0 to 1")
        if backoff.tries < 0 or (backoff.tries and not backoff.delays_seconds):
            raise ValueError(f"retry: {backoff.tries} tries need a delay each")
        return backoff

    def after(
        self, error: BaseException, *, tries: int, since: int, now: int, partition: int
    ) -> Wait | None:
        """When to try again after *error*; None: never.

        *tries* later ones were had since the attempt first failed at *since* (ms); it is *now*.
        """
        most = min(self.tries, self.crashes) if isinstance(error, WorkerCrashed) else self.tries
        if isinstance(error, PermanentError) or tries >= most:
            return None
        wait = self.wait(tries + 1, now=now, partition=partition)
        return wait if wait.due_at - since <= self.deadline_seconds * _MS else None

    def wait(self, number: int, *, now: int, partition: int) -> Wait:
        """The wait before later try *number*, counted from 1."""
        tier = min(number, len(self.delays_seconds))
        share = crc32(b"%d/%d" % (tier, partition)) / _HASHES
        delay = self.delays_seconds[tier - 1] * (1 + self.jitter * share)
        return Wait(tier, now + round(delay * _MS))


def seconds(duration: str) -> float:
    """`5 s`, `1 min`, `10 ms`, `1 h`, `2 d` as seconds.

    Raises:
        ValueError: it is none of that form.
    """
    match = _DURATION.fullmatch(str(duration).strip())
    if match is None:
        raise ValueError(f"{duration!r} is no duration such as 5 s, 1 min or 1 h")
    return float(match["count"]) * _UNITS[match["unit"]]
