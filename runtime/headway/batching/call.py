"""What a call with many jobs is, for all that lies around it."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

from headway.declared.handler import Done, Job
from headway.taking.task import Outcome, Task


class Begun(NamedTuple):
    """A task that takes part, and the job in its record."""

    task: Task
    job: Job


#: What came of one job: what its handler made of it, or what it failed of.
Answer: TypeAlias = Done | BaseException

#: Hears the answer of each job, once, as soon as it is certain.
Answered: TypeAlias = Callable[[Begun, Answer], None]

#: The handler's own call: an answer for each, in their order; raises what failed it as a whole.
Ask: TypeAlias = Callable[[Sequence[Begun]], Sequence[Answer]]

#: A call with all that lies around it; every job is answered when it returns.
ManyCall: TypeAlias = Callable[[Sequence[Begun], Answered], None]

#: Takes the next call and gives one, as the wrappers of a single job do.
ManyWrapper: TypeAlias = Callable[[ManyCall], ManyCall]

#: Hears what became of each task, once.
Ended: TypeAlias = Callable[[Task, Outcome], None]

#: What a thread does with tasks that it was given together.
Work: TypeAlias = Callable[[Sequence[Task], Ended], None]
