"""Where a row's job stands: in which line, or in which run."""

from collections.abc import Callable
from typing import Any, Final

from headway.base.errors import DecodeError
from headway.declared.pipeline import Pipeline
from headway.wire.codec import Codec
from status.expected.outlook import Standing
from status.table.position import place_of
from status.table.row import Row


class Standings:
    """Stateless, so safe to share by threads."""

    def __init__(self, codec: Codec, pipeline: Pipeline) -> None:
        self._updated_at: Final[Callable[[bytes], dict[str, Any]]] = codec.head(
            "job-state", "updated_at"
        )
        self._queued = pipeline.queued.name
        self._waits = {stage.done.name: stage.index for stage in pipeline.stages if not stage.last}
        self.lines = (self._queued, *self._waits)
        self._runs = {stage.running.name: stage for stage in pipeline.stages}

    def of(self, row: Row, began: int | None = None) -> Standing | None:
        """None of a job that is over, or that waits for another thing than its turn.

        *began* is when it came to its status, where the caller has that at hand.
        """
        tags, lane = tuple(row.tags.split()), place_of(row.origin)[1]
        if row.status == self._queued:
            return Standing(0, row.submitted_at, tags=tags, lane=lane)
        if row.status in self._waits and row.since is not None:
            return Standing(self._waits[row.status], row.since, tags=tags, lane=lane)
        stage = self._runs.get(row.status)
        began = self._began(row) if stage and began is None else began
        if stage is None or began is None:
            return None
        span = stage.done.progress - stage.running.progress
        told = (row.progress - stage.running.progress) / span
        told = min(max(told, 0.0), 1.0)
        return Standing(stage.index - 1, began, runs=True, told=told, tags=tags, lane=lane)

    def _began(self, row: Row) -> int | None:
        try:
            return int(self._updated_at(row.state)["updated_at"]) if row.state else None
        except DecodeError:
            return None  # told where the job is shown
