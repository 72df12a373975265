"""A job that is over is done again from a stage of choice: its record there, as the next attempt.

The record is the one that the stage took of its source topic, in whichever attempt; it is laid into
the stage's first tier, where that stage meets it as it meets what is tried later. So nothing is new
for a stage that is told to do a job again, and stages before it are not run.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from headway.base.clock import Clock
from headway.commands.answered import result_of
from headway.commands.asking import Asking
from headway.commands.ending import Ending
from headway.edges.kafka import Message
from headway.edges.messages import headers_of
from headway.following.holdings import Parked
from headway.outcomes.deadletter import oversized
from headway.taking.task import Outcome, Task
from headway.wire.carried import Carried, FirstPlace, without
from headway.wire.commands import Answer, Command
from headway.wire.envelope import MOST_ATTEMPTS, UNKNOWN, Envelope
from headway.wire.route import Record, Route
from headway.wire.states import StateRecords

logger = logging.getLogger(__name__)

_FIRST_TIER = 1


@dataclass(frozen=True, slots=True)
class Start:
    """A stage in which a job may begin again: topics as the cluster calls them.

    *tier* is empty where the stage has none. *own*: the stage that is asked is this one.
    """

    name: str
    index: int
    source: str
    tier: str
    states: StateRecords
    own: bool


@dataclass(frozen=True, slots=True)
class Reprocessed(Outcome):
    """The stage's record with the next attempt, the state that opens it, and the answer."""

    label = "reprocessed"

    command: Command
    answer: Answer
    message: Message
    carried: Carried
    start: Start

    def size_bytes(self, task: Task) -> int:
        del task
        return len(self.message)

    def leading(self, task: Task, route: Route) -> Sequence[Record]:
        """The record, in the first tier of the stage that begins."""
        message, index = self.message, task.partition.index
        headers = [*without(headers_of(message)), route.records.carried.header(self.carried)]
        return (Record(self.start.tier, index, message.key(), message.value(), headers),)

    def records(self, task: Task, route: Route, offsets: Sequence[int]) -> Iterator[Record]:
        (offset,) = offsets
        index = task.partition.index
        state = self.start.states.retry_scheduled(
            self.carried.envelope,
            self.answer.at,
            error=None,
            due_at=self.carried.due_at,
            tries=0,
            waits_at={"topic": self.start.tier, "partition": index, "offset": offset},
        )
        yield Record(route.state, index, self.command.job_id.encode(), state)
        yield result_of(self.command, self.answer, task, route)

    def committed(self, task: Task, offsets: Sequence[int]) -> None:
        """What lies in a tier of this stage may be cancelled there."""
        if self.start.own:
            (offset,) = offsets
            parked = Parked(self.carried.envelope["attempt"], _FIRST_TIER, offset)
            task.partition.jobs.held.park(self.command.job_id, parked)


class Reprocessing:
    """Executes commands to do a job again; for workers.

    MAX_REDRIVES does not count here: it ends loops that send back whatever fails, and a job may be
    done anew each night.
    """

    def __init__(
        self,
        ending: Ending,
        asking: Asking,
        starts: Mapping[str, Start],
        *,
        clock: Clock,
    ) -> None:
        """*starts* are the stages up to this one, by name."""
        self._ending = ending
        self._asking = asking
        self._starts = starts
        self._clock = clock

    def __call__(self, task: Task, command: Command) -> Outcome:
        """What becomes of *command*.

        Raises:
            Lost: the work is not ours any more.
        """
        following = command.attempt + 1
        newest = self._ending.newest(task, command.job_id)
        if newest == following:
            told = f"attempt {following} is open already"
            return self._ending.answered(command, told, accepted=True)
        if newest > following:
            told = f"attempt {command.attempt} is not the newest, {newest} is: name that one"
            return self._ending.answered(command, told)
        end = self._ending.of(task, command)
        found = end if isinstance(end, str) else self._found(task, command, end)
        if isinstance(found, str):
            return self._ending.answered(command, found)
        return self._opened(task, command, *found)

    def _found(
        self, task: Task, command: Command, end: Envelope
    ) -> tuple[Envelope, Start, Message] | str:
        """What the job begins with; why it does not."""
        start = self._starts.get(command.from_stage)
        if start is None:
            names = ", ".join(self._starts)
            return f"it cannot begin in {command.from_stage[:64]!r}, but in: {names}"
        sources = end["sources"]
        offset = sources[start.index - 1] if len(sources) >= start.index else UNKNOWN
        if (refused := _refused(command, start, offset)) is not None:
            return refused
        message = self._asking.read(task, start.source, offset)
        if message is None or message.key() != command.job_id.encode():
            return f"its record for {start.name} is not kept any more: submit it anew"
        if oversized(message):
            return f"its record for {start.name} is too large to be sent back: submit it anew"
        return end, start, message

    def _opened(
        self, task: Task, command: Command, end: Envelope, start: Start, message: Message
    ) -> Reprocessed:
        following, now = command.attempt + 1, self._clock.now_ms()
        opened: Envelope = {
            **end,
            "attempt": following,
            "sources": end["sources"][: start.index],
        }
        told = f"Done again from {start.name}{command.asked_by}."
        envelope = start.states.postponement(opened, now, told)
        # Due at once: what lies before it in the tier is waited for in any case.
        carried = Carried(envelope, FirstPlace.of(message), due_at=now)
        task.partition.jobs.held.open(command.job_id, following)
        extra = {"job_id": command.job_id, "attempt": following, "by": command.by}
        logger.info("job.reprocessed", extra={**extra, "from_stage": start.name})
        answer = Answer(accepted=True, reason=f"attempt {following} is open", at=now)
        return Reprocessed(command, answer, message, carried, start)


def _refused(command: Command, start: Start, offset: int) -> str | None:
    if offset == UNKNOWN:
        return f"where its record for {start.name} lies is not known: submit it anew"
    if not start.tier:
        return f"{start.name} has no retry tier to send it to"
    if command.attempt >= MOST_ATTEMPTS:
        return "there are no more attempts: submit it anew"
    return None
