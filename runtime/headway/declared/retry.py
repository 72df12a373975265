"""What a stage does after an error: call again at once, later, or give the job up."""

from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

from headway.base.errors import PermanentError, TimedOut, WorkerCrashed


@dataclass(frozen=True, slots=True)
class Again:
    """Call again in place, after a pause that holds a worker."""

    pause_seconds: float


@dataclass(frozen=True, slots=True)
class Later:
    """Call again so long from now; nobody waits for it meanwhile."""

    seconds: float


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Do not call again."""


Answer: TypeAlias = Again | Later | GiveUp


class Retry(Protocol):
    """A stage's policy."""

    def answer(self, error: BaseException, failed_calls: int) -> Answer:
        """What to do now that *failed_calls* calls have failed, the last of them by *error*."""
        ...


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Calls in place, with pauses that double from `first_seconds` to `longest_seconds`.

    The pauses hold a worker, so together they stay in seconds; waiting for longer belongs
    beside the pipeline.
    """

    calls: int
    first_seconds: float
    longest_seconds: float
    #: Calls in all once one of them crashed its process, or took too long: each costs a process,
    #: and the time of a call.
    crashes: int = 3
    timeouts: int = 2

    def answer(self, error: BaseException, failed_calls: int) -> Again | GiveUp:
        """The pause before the next call after *failed_calls* of them, or that there is none."""
        if isinstance(error, PermanentError) or failed_calls >= self._calls(error):
            return GiveUp()
        return Again(min(self.first_seconds * 2.0 ** (failed_calls - 1), self.longest_seconds))

    def _calls(self, error: BaseException) -> int:
        if isinstance(error, WorkerCrashed):
            return min(self.calls, self.crashes)
        return min(self.calls, self.timeouts) if isinstance(error, TimedOut) else self.calls


#: Outlasts a broken connection or a failover of the object store: 0.2 + 0.4 + 0.8 + 1.6 s.
IN_PLACE: Final = RetryPolicy(calls=5, first_seconds=0.2, longest_seconds=5.0)
