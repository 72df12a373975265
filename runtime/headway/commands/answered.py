"""Commands that change no job: refused, done before, or meant for another stage."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from headway.taking.task import Outcome, Task
from headway.wire.commands import Answer, Command
from headway.wire.route import Record, Route


def result_of(command: Command, answer: Answer, task: Task, route: Route) -> Record:
    """The record that tells what became of *command*."""
    value = route.commands.result(command, answer, route.origin.stage)
    return Record(route.results, task.partition.index, command.job_id.encode(), value)


@dataclass(frozen=True, slots=True)
class Answered(Outcome):
    """Nothing is done (any more), and that is told."""

    label = "answered"

    command: Command
    answer: Answer

    def records(self, task: Task, route: Route, offsets: Sequence[int]) -> Iterator[Record]:
        del offsets
        yield result_of(self.command, self.answer, task, route)


@dataclass(frozen=True, slots=True)
class Ignored(Outcome):
    """Another stage's to do, or none's."""

    label = "ignored"
    traced = False
