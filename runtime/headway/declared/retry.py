"""What a stage does at once after an error: call again in place, or not.

What it does later is declared with the pipeline, see `headway.declared.backoff`.
"""

from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

from headway.base.errors import PermanentError, TimedOut, WorkerCrashed


@dataclass(frozen=True, slots=True)
class Again:
    """Call again in place, after a pause that holds a worker."""

    pause_seconds: float


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Do not call again in place."""


Answer: TypeAlias = Again | GiveUp


class Retry(Protocol):
    """A stage's policy."""

    def answer(self, error: BaseException, failed_calls: int) -> Answer:
        """What to do now that *failed_calls* calls have failed, the last of them by *error*."""
        ...


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Calls in place, with pauses that double from `first_seconds` to `longest_seconds`.

    The pauses hold a worker, so together they stay below a second; what waits for longer waits in
    a topic.
    """

    calls: int
    first_seconds: float
    longest_seconds: float
    #: Calls in all once one of them crashed its process, or took too long: each costs a process,
    #: and the time of a call.
    crashes: int = 1
    timeouts: int = 1

    def answer(self, error: BaseException, failed_calls: int) -> Again | GiveUp:
        """The pause before the next call after *failed_calls* of them, or that there is none."""
        if isinstance(error, PermanentError) or failed_calls >= self._calls(error):
            return GiveUp()
        return Again(min(self.first_seconds * 2.0 ** (failed_calls - 1), self.longest_seconds))

    def _calls(self, error: BaseException) -> int:
        if isinstance(error, WorkerCrashed):
            return min(self.calls, self.crashes)
        return min(self.calls, self.timeouts) if isinstance(error, TimedOut) else self.calls


#: Outlasts a connection that broke: 0.2 + 0.4 s.
IN_PLACE: Final = RetryPolicy(calls=3, first_seconds=0.2, longest_seconds=0.4)
