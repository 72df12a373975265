"""How a rule stands in a lane: what is kept of it, and told."""

from dataclasses import asdict, dataclass, field
from typing import Any, Self


@dataclass(slots=True)
class Run:
    """A walk over the jobs of a lane, or an errand; *position* and *end* are offsets."""

    run_id: str
    started_at: int
    dry: bool
    by: str = ""
    position: int = 0
    end: int = -1
    matched: int = 0
    sent: int = 0
    finished_at: int | None = None


@dataclass(slots=True)
class Standing:
    """*done* may lack the last second before an instance was killed; all else is exact."""

    paused: bool = False
    paused_by: str = ""
    last_at: int | None = None
    done: int = 0
    run: Run | None = None
    #: Whether anything has changed since it was last told.
    changed: bool = field(default=True, compare=False)

    @property
    def running(self) -> Run | None:
        """The run that is under way."""
        return self.run if self.run is not None and self.run.finished_at is None else None

    def fields(self) -> dict[str, Any]:
        """What of it stands in its record."""
        run = None if self.run is None else asdict(self.run)
        return {
            "paused": self.paused,
            "paused_by": self.paused_by,
            "last_at": self.last_at,
            "done": self.done,
            "run": run,
        }

    @classmethod
    def of(cls, value: dict[str, Any]) -> Self:
        """As its record has it."""
        run = None if value["run"] is None else Run(**value["run"])
        return cls(
            paused=value["paused"],
            paused_by=value["paused_by"],
            last_at=value["last_at"],
            done=value["done"],
            run=run,
            changed=False,
        )
