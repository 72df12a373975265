"""When a stage that gives up one job after another stops, instead of giving up all there are."""

from dataclasses import dataclass
from typing import Final, Protocol


class Limits(Protocol):
    """The settings that say how much is too much."""

    @property
    def failure_limit_run(self) -> int: ...
    @property
    def failure_limit_share(self) -> float: ...


@dataclass(frozen=True, slots=True)
class FailureLimit:
    """Too many: the last `run` jobs in a row, or a share of `share` of the last `window`; 0: off.

    Counted are dead letters that may be tried again, against jobs that are done. What is a job's
    own fault (PermanentError) is not counted at all: whoever submits bad files stops nobody.

    The stage then waits for `first_seconds` and lets `trials` jobs through: one that is done ends
    the wait, one that is given up doubles it, up to `longest_seconds`.
    """

    run: int = 25
    share: float = 0.9
    window: int = 100
    first_seconds: float = 30.0
    longest_seconds: float = 600.0
    trials: int = 3

    @staticmethod
    def of(limits: Limits) -> "FailureLimit":
        return FailureLimit(limits.failure_limit_run, limits.failure_limit_share)

    @property
    def off(self) -> bool:
        return not self.run and not self.share


#: Everything may become a dead letter.
UNLIMITED: Final = FailureLimit(run=0, share=0.0)
