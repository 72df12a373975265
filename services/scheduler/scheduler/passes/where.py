"""Which jobs a pass is for."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from fnmatch import fnmatchcase

from headway.declared.pipeline import Pipeline
from scheduler.declared.fields import Fields
from scheduler.lane.job import Job


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """All that is said has to hold; of what lists several, one. Ages are since the last change."""

    stages: AbstractSet[str] = frozenset()
    statuses: AbstractSet[str] = frozenset()
    errors: AbstractSet[str] = frozenset()
    tags: AbstractSet[str] = frozenset()
    title: str = ""
    older_ms: int = 0
    younger_ms: int = 0

    @classmethod
    def of(cls, fields: Fields, pipeline: Pipeline) -> "Where":
        """As declared."""
        over = (pipeline.steps[-1], pipeline.failed, pipeline.cancelled)
        where = cls(
            stages=frozenset(fields.choices("stage", [s.name for s in pipeline.stages])),
            statuses=frozenset(fields.choices("status", over)),
            errors=frozenset(fields.texts("error")),
            tags=frozenset(fields.texts("tag")),
            title=fields.text("title", ""),
            older_ms=fields.duration_ms("older", 0),
            younger_ms=fields.duration_ms("younger", 0),
        )
        fields.end()
        return where

    def takes(self, job: Job, now_ms: int) -> bool:
        """Whether *job* is meant: only one that is over can be."""
        if not job.terminal:
            return False
        age = now_ms - job.updated_at
        return (
            (not self.stages or job.stage in self.stages)
            and (not self.statuses or job.status in self.statuses)
            and (not self.errors or job.error_class in self.errors)
            and (not self.tags or not self.tags.isdisjoint(job.tags))
            and (not self.title or fnmatchcase(job.title, self.title))
            and age >= self.older_ms
            and (not self.younger_ms or age <= self.younger_ms)
        )
