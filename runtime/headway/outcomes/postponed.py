"""The record is tried again later: it waits in a tier, and the job's state says until when.

The tier is one more inlet of the same group, so what was said of one delivery stays exactly once:
the source's offset, the record in the tier and RETRY_SCHEDULED are in one frame.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from headway.edges.messages import headers_of
from headway.following.holdings import Parked
from headway.outcomes.deadletter import oversized
from headway.outcomes.later import LaterTries
from headway.outcomes.rule import Rule
from headway.taking.task import Outcome, Task
from headway.wire.carried import Carried, without
from headway.wire.envelope import Envelope
from headway.wire.route import Record, Route


@dataclass(frozen=True, slots=True)
class Postponed(Outcome):
    """To be tried again; `carried` has the job with the step that says so."""

    label = "postponed"

    carried: Carried
    tier: int
    at: int

    def size_bytes(self, task: Task) -> int:
        return len(task.message)

    def leading(self, task: Task, route: Route) -> Sequence[Record]:
        """The record, in its tier."""
        message, index = task.message, task.partition.index
        headers = [
            *without(headers_of(message)),
            *(task.trace.beside if task.trace else ()),
            route.records.carried.header(self.carried),
        ]
        topic = route.tiers[self.tier - 1]
        return (Record(topic, index, message.key(), message.value(), headers),)

    def records(self, task: Task, route: Route, offsets: Sequence[int]) -> Iterator[Record]:
        """RETRY_SCHEDULED, which names the record's place."""
        (offset,) = offsets
        index, carried = task.partition.index, self.carried
        place = {"topic": route.tiers[self.tier - 1], "partition": index, "offset": offset}
        states = route.records.states
        state = states.retry_scheduled(
            carried.envelope,
            self.at,
            error=states.passing_error(carried.error_class, carried.message),
            due_at=carried.due_at,
            tries=carried.tries,
            since=carried.since,
            waits_at=place,
            reached=task.reached,
        )
        yield Record(route.state, index, carried.envelope["job_id"].encode(), state)

    def committed(self, task: Task, offsets: Sequence[int]) -> None:
        """A command may end it while it waits."""
        (offset,) = offsets
        envelope = self.carried.envelope
        parked = Parked(envelope["attempt"], self.tier, offset)
        task.partition.jobs.held.park(envelope["job_id"], parked)


class Postponing(Rule):
    """As the stage's policy of later tries has it; what it has no answer to is given up."""

    label = Postponed.label

    def __init__(self, later: LaterTries) -> None:
        self._later = later

    def raised(
        self, task: Task, envelope: Envelope | None, error: BaseException
    ) -> Postponed | None:
        # What was refused for its size, or by the loop, would be again.
        if envelope is None or task.given_up is not None or oversized(task.message):
            return None
        later = self._later.after(task, envelope, error, event="job.postponed")
        return None if later is None else Postponed(*later)
