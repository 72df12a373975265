"""What somebody wants of a rule."""

from dataclasses import dataclass
from typing import Final

PAUSE: Final = "pause"
RESUME: Final = "resume"
RUN: Final = "run"
COUNT: Final = "count"
STOP: Final = "stop"
KINDS: Final = frozenset({PAUSE, RESUME, RUN, COUNT, STOP})


@dataclass(frozen=True, slots=True)
class Order:
    """One record of schedule-commands; in each lane there is one of it."""

    command_id: str
    rule: str
    kind: str
    by: str
    at: int
