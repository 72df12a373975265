"""The record waits in the stage's held topic: SCHEDULED says for what, until when, and where."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from headway.edges.messages import headers_of
from headway.following.holdings import HELD, Parked
from headway.taking.task import Outcome, Task
from headway.wire.carried import Carried, without
from headway.wire.envelope import Envelope
from headway.wire.route import Record, Route
from headway.wire.states import NOT_BEFORE


def parked(carried: Carried, offset: int) -> Parked:
    """That the record lies at *offset* of the held topic; it says itself what for."""
    due_at = carried.due_at if carried.held == NOT_BEFORE else 0
    return Parked(carried.envelope["attempt"], HELD, offset, due_at)


@dataclass(frozen=True, slots=True)
class Held(Outcome):
    """Not begun; `carried` has the job with the step that says so."""

    label = "held"

    carried: Carried
    at: int

    def job(self, _: Task) -> Envelope:
        return self.carried.envelope

    def size_bytes(self, task: Task) -> int:
        return len(task.message)

    def leading(self, task: Task, route: Route) -> Sequence[Record]:
        """The record, in the held topic."""
        message, index = task.message, task.partition.index
        headers = [
            *without(headers_of(message)),
            *(task.trace.beside if task.trace else ()),
            route.records.carried.header(self.carried),
        ]
        return (Record(route.held, index, message.key(), message.value(), headers),)

    def records(self, task: Task, route: Route, offsets: Sequence[int]) -> Iterator[Record]:
        """SCHEDULED, which names the record's place."""
        (offset,) = offsets
        index, carried = task.partition.index, self.carried
        state = route.records.states.scheduled(
            carried.envelope,
            self.at,
            held=carried.held,
            due_at=carried.due_at or None,
            waits_at={"topic": route.held, "partition": index, "offset": offset},
            tries=carried.tries,
            since=carried.since,
            reached=carried.reached,
        )
        yield Record(route.state, index, carried.envelope["job_id"].encode(), state)

    def committed(self, task: Task, offsets: Sequence[int]) -> None:
        """A command or an opening finds it from now on."""
        (offset,) = offsets
        held, place = task.partition.jobs.held, parked(self.carried, offset)
        held.park(self.carried.envelope["job_id"], place)
        if task.partition.holds and held.anew is None:
            held.anew = offset


@dataclass(frozen=True, slots=True)
class PassedOver(Outcome):
    """A record of the held topic whose job was let go already, or lies elsewhere by now."""

    label = "passed over"
    traced = False
