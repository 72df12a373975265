"""How large a storm is, and what came of it."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How large a storm is."""

    jobs: int
    watchers: int
    seconds: float
    seed: int


@dataclass(slots=True)
class Outcome:
    """What came of it."""

    faults: list[str] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)
    events: int = 0
    visits: int = 0
    cuts: int = 0
    waits: int = 0
    refusals: int = 0
    kills: int = 0
    stops: int = 0
    slow: int = 0
    wipes: int = 0
    ends: int = 0
