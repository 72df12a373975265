"""A job as its newest state tells of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from sys import intern
from typing import Any


@dataclass(frozen=True, slots=True)
class Job:
    """What stands at *offset* of the lane's partition of the state topic.

    *state* is the decoded record: what has no name here is asked of it.
    """

    offset: int
    state: Mapping[str, Any]

    @property
    def job_id(self) -> str:
        return str(self.state["job_id"])

    @property
    def attempt(self) -> int:
        return int(self.state["attempt"])

    @property
    def status(self) -> str:
        return str(self.state["status"])

    @property
    def stage(self) -> str:
        """The stage that said it: of a job that is over, the one that ended it."""
        return intern(self.state["stage"])

    @property
    def terminal(self) -> bool:
        return bool(self.state["terminal"])

    @property
    def title(self) -> str:
        return str(self.state["title"])

    @property
    def tags(self) -> Sequence[str]:
        return tuple(self.state["tags"])

    @property
    def updated_at(self) -> int:
        """When it became what it is, ms."""
        return int(self.state["updated_at"])

    @property
    def error(self) -> Mapping[str, Any] | None:
        error: Mapping[str, Any] | None = self.state["error"]
        return error

    @property
    def error_class(self) -> str:
        """Empty where there is no error."""
        return "" if self.error is None else str(self.error["error_class"])
