"""A dead letter goes back to its stage: the next attempt waits in the first tier."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from headway.commands.answered import result_of
from headway.declared.backoff import Wait
from headway.edges.kafka import Message
from headway.edges.messages import headers_of
from headway.following.holdings import Parked
from headway.outcomes.deadletter import original_headers
from headway.taking.task import Outcome, Task
from headway.tracing.context import KEPT
from headway.wire.carried import Carried
from headway.wire.commands import Answer, Command
from headway.wire.route import Record, Route


@dataclass(frozen=True, slots=True)
class Redriven(Outcome):
    """The letter's record with the next attempt, the state that opens it, and the answer."""

    label = "redriven"

    command: Command
    answer: Answer
    letter: Message
    carried: Carried
    wait: Wait

    def size_bytes(self, task: Task) -> int:
        del task
        return len(self.letter)

    def leading(self, task: Task, route: Route) -> Sequence[Record]:
        """The record, in the first tier."""
        letter = self.letter
        # The job's trace goes on, not that of whoever commands.
        kept = [header for header in headers_of(letter) if header[0] == KEPT]
        carried = route.records.carried.header(self.carried)
        headers = [*original_headers(letter), *kept, carried]
        topic = route.tiers[self.wait.tier - 1]
        return (Record(topic, task.partition.index, letter.key(), letter.value(), headers),)

    def records(self, task: Task, route: Route, offsets: Sequence[int]) -> Iterator[Record]:
        (offset,) = offsets
        index, envelope = task.partition.index, self.carried.envelope
        topic = route.tiers[self.wait.tier - 1]
        state = route.records.states.retry_scheduled(
            envelope,
            self.answer.at,
            error=None,
            due_at=self.wait.due_at,
            tries=0,
            waits_at={"topic": topic, "partition": index, "offset": offset},
        )
        yield Record(route.state, index, self.command.job_id.encode(), state)
        yield result_of(self.command, self.answer, task, route)

    def committed(self, task: Task, offsets: Sequence[int]) -> None:
        job_id, attempt = self.command.job_id, self.carried.envelope["attempt"]
        (offset,) = offsets
        task.partition.jobs.held.park(job_id, Parked(attempt, self.wait.tier, offset))
