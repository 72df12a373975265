"""The handler returned: the next topic's record and the job's new state."""

from collections.abc import Sequence
from dataclasses import dataclass

from headway.base.clock import Clock
from headway.declared.handler import Done
from headway.outcomes.rule import Rule
from headway.taking.task import Outcome, Task
from headway.wire.envelope import Envelope
from headway.wire.records import StageRecords
from headway.wire.route import Record, Route


@dataclass(slots=True)
class Finished(Outcome):
    """Both values, encoded by the worker."""

    label = "done"

    output: bytes
    state: bytes

    def size_bytes(self, _: Task) -> int:
        return len(self.output) + len(self.state)

    def records(self, task: Task, route: Route, _: Sequence[int]) -> Sequence[Record]:
        index, key = task.partition.index, task.key
        return (
            Record(route.sink, index, key, self.output),
            Record(route.state, index, key, self.state),
        )


class Finishing(Rule):
    """What a handler returned is encoded here, in the worker.

    Another call would return the same: what it returns does not fit, not how it ran.
    """

    label = Finished.label

    def __init__(self, records: StageRecords, *, clock: Clock) -> None:
        self._records = records
        self._clock = clock

    def returned(self, task: Task, envelope: Envelope, done: Done) -> Finished:
        at = self._clock.now_ms()
        return Finished(*self._records.finished(envelope, done, task.started_at, at))
