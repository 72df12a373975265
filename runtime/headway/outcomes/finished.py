"""The handler returned: the next topic's record and the job's new state."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from headway.base.clock import Clock
from headway.declared.handler import Done
from headway.outcomes.rule import Rule
from headway.taking.task import Column, Outcome, Task
from headway.wire.envelope import Envelope
from headway.wire.records import StageRecords
from headway.wire.route import Route


@dataclass(slots=True)
class Finished(Outcome):
    """Both values, encoded by the worker."""

    label = "done"
    end = "completed"

    output: bytes
    state: bytes

    def size_bytes(self, _: Task) -> int:
        return len(self.output) + len(self.state)

    @classmethod
    def columns(cls, tasks: Sequence[Task], route: Route) -> Sequence[Column]:
        ends: list[Any] = [task.outcome for task in tasks]
        outputs, states = [end.output for end in ends], [end.state for end in ends]
        return Column(route.sink, outputs, traced=True), Column(route.state, states)


class Finishing(Rule):
    """What a handler returned is encoded here, in the worker."""

    label = Finished.label

    def __init__(self, records: StageRecords, *, clock: Clock) -> None:
        self._records = records
        self._clock = clock

    def returned(self, task: Task, envelope: Envelope, done: Done) -> Finished:
        at = self._clock.now_ms()
        return Finished(*self._records.finished(envelope, done, task.started_at, at))
