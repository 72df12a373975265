"""Jobs of a first stage that are handed over together, and what becomes of each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from support.kafka.messages import message, partition, submission, task

from headway.batching.call import Work
from headway.handling.usual import Handling
from headway.taking.task import Outcome, Task


@dataclass
class Stand:
    """A stage that hands its tasks over together, and what became of them."""

    handling: Handling
    work: Work
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)

    def of(self, *job_ids: str) -> list[Task]:
        """A new task for each."""
        for number, job_id in enumerate(job_ids, len(self.tasks)):
            received = message(submission(job_id), key=job_id.encode(), offset=number)
            self.tasks[job_id] = task(partition(), offset=number, received=received)
        return [self.tasks[job_id] for job_id in job_ids]

    def run(self, *job_ids: str) -> list[Outcome]:
        """Hand them over at once; what became of each, in their order."""
        self.start(self.of(*job_ids))
        return [self.outcomes[job_id] for job_id in job_ids]

    def start(self, tasks: Sequence[Task]) -> None:
        self.work(tasks, self._ended)

    def _ended(self, ended: Task, outcome: Outcome) -> None:
        job_id = ended.key.decode()
        assert job_id not in self.outcomes, f"{job_id} has ended twice"
        self.outcomes[job_id] = outcome


#: Makes a stage of a handler that is given many jobs; one call for each, unless told more.
Stands: TypeAlias = Callable[..., Stand]
