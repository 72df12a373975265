"""An outcome that only the tests have: a record is put aside, with a header, and its state says so.

It is what a new kind takes: this file, and its rule in the list that a stage is given.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from headway.outcomes.rule import Rule
from headway.taking.task import Outcome, Task
from headway.wire.envelope import Envelope
from headway.wire.route import Record, Route


class ParkError(Exception):
    """A handler's wish that its job be put aside."""


@dataclass(frozen=True, slots=True)
class Parked(Outcome):
    """The record lies in *topic*, and the offset of the place is in its state's title."""

    label = "parked"

    topic: str
    envelope: Envelope
    reason: str

    def size_bytes(self, task: Task) -> int:
        return task.size_bytes

    def leading(self, task: Task, _: Route) -> Sequence[Record]:
        headers = [("parked.reason", self.reason.encode())]
        index = task.partition.index
        return (Record(self.topic, index, task.key, task.message.value(), [*headers]),)

    def records(self, task: Task, route: Route, offsets: Sequence[int]) -> Sequence[Record]:
        told = {**self.envelope, "title": f"parked at {offsets[0]}"}
        state = route.records.states.running(told, task.started_at)
        return (Record(route.state, task.partition.index, task.key, state),)


class Parking(Rule):
    """Parks what asks for it."""

    label = Parked.label

    def __init__(self, topic: str) -> None:
        self._topic = topic

    def raised(self, task: Task, envelope: Envelope | None, error: BaseException) -> Parked | None:
        del task
        if envelope is None or not isinstance(error, ParkError):
            return None
        return Parked(self._topic, envelope, str(error))
