"""A job is forgotten: its state gets a tombstone, from the stage that ended its newest attempt."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from headway.base.clock import Clock
from headway.commands.answered import result_of
from headway.commands.asking import Asking
from headway.commands.ending import FORGOTTEN, Ending
from headway.taking.task import Outcome, Task
from headway.wire.commands import Answer, Command
from headway.wire.route import Record, Route
from headway.wire.states import tombstone_headers

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Forgotten(Outcome):
    """The tombstone, which says up to which attempt there was, and the answer."""

    label = "forgotten"
    traced = False

    command: Command
    answer: Answer

    def records(self, task: Task, route: Route, offsets: Sequence[int]) -> Iterator[Record]:
        del offsets
        key, headers = self.command.job_id.encode(), tombstone_headers(self.command.attempt)
        yield Record(route.state, task.partition.index, key, None, headers)
        yield result_of(self.command, self.answer, task, route)


class Forgetting:
    """Executes commands to forget a job; for workers."""

    def __init__(self, ending: Ending, asking: Asking, *, submissions: str, clock: Clock) -> None:
        """*submissions* is the topic that opens jobs, as the cluster calls it."""
        self._ending = ending
        self._asking = asking
        self._submissions = submissions
        self._clock = clock

    def __call__(self, task: Task, command: Command) -> Outcome:
        """What becomes of *command*.

        Raises:
            Lost: the work is not ours any more.
        """
        held, job_id, attempt = task.partition.jobs.held, command.job_id, command.attempt
        if held.is_forgotten(job_id, attempt):
            return self._ending.answered(command, FORGOTTEN, accepted=True)
        newest = self._ending.newest(task, job_id)
        if newest > attempt:
            told = f"attempt {attempt} is not the newest, {newest} is: name that one"
            return self._ending.answered(command, told)
        end = self._ending.of(task, command)
        if isinstance(end, str):
            return self._ending.answered(command, end, accepted=end == FORGOTTEN)
        submitted = end["submitted_offset"]
        # Where the tombstone is not kept any more, a submission alone would be a job in line.
        if self._asking.holds(task, self._submissions, submitted):
            told = (
                f"its submission, offset {submitted}, is kept still: what is done is trimmed first "
                "(docs/runbooks/trimming.md)"
            )
            return self._ending.answered(command, told)
        held.forget(job_id, attempt)
        task.partition.jobs.settle(job_id, attempt)
        logger.info("job.forgotten", extra={"job_id": job_id, "attempt": attempt})
        answer = Answer(accepted=True, reason=FORGOTTEN, at=self._clock.now_ms())
        return Forgotten(command, answer)
