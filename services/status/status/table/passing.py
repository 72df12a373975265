"""Which stages got done with jobs that moved; a batch may hold several steps of one."""

from collections import Counter
from collections.abc import Mapping

from headway.declared.pipeline import Pipeline
from status.table.draft import Moves


class Passing:
    """Knows by a job's standing how many stages it has behind it."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._names = tuple(stage.name for stage in pipeline.stages)
        self._done = {stage.done.name: stage.index for stage in pipeline.stages}

    def of(self, moves: Moves) -> Mapping[str, int]:
        """How many jobs each stage got done with, by its name.

        A job that was opened again and has come further in the same batch counts for the stages
        that are behind it now and were not before: a rate bears that.
        """
        passed = Counter[str]()
        for (before, stage_before, after, stage), jobs in moves.items():
            behind = self._behind(before, stage_before) if before is not None else 0
            for name in self._names[behind : self._behind(after, stage)]:
                passed[name] += jobs
        return passed

    def _behind(self, status: str, stage: int) -> int:
        return self._done.get(status, max(stage - 1, 0))
