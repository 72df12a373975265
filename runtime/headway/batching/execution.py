"""Tasks together in one worker: each is opened and ends by itself, and one call lies between."""

from collections.abc import Sequence
from dataclasses import dataclass

from headway.around.wrapper import Ended as Word
from headway.batching.call import Answer, Begun, Ended, ManyCall
from headway.declared.handler import Job
from headway.handling.execution import Execution
from headway.taking.task import Outcome, Task


@dataclass(frozen=True, slots=True)
class _Opened(Outcome):
    """No end yet: the record is read, and nothing is against calling the handler with its job."""

    found: Job


class Together:
    """How this stage's workers treat tasks that they are given together; shared by all of them."""

    def __init__(self, execution: Execution, call: ManyCall) -> None:
        """*execution* is that of single tasks: what it asks around a call is asked here."""
        self._opening = execution.calling(lambda _, job: Word(_Opened(job)))
        self._execution = execution
        self._call = call

    def run(self, tasks: Sequence[Task], ended: Ended) -> None:
        """*ended* hears of each task once, as soon as its outcome is certain; never raises."""
        begun: dict[Task, Begun] = {}
        for task in tasks:
            outcome = self._opening.run(task)
            if isinstance(outcome, _Opened):
                begun[task] = Begun(task, outcome.found)
            else:
                ended(task, outcome)

        def answered(each: Begun, answer: Answer) -> None:
            del begun[each.task]
            ended(each.task, self._execution.answered(each.task, answer))

        try:
            if begun:
                self._call([*begun.values()], answered)
        except BaseException as error:  # noqa: BLE001 - whatever was forgotten costs these jobs
            for task in begun:
                ended(task, self._execution.lost(task, error))
