"""The limit of failures around tasks that are handed over together: each outcome counts.

While the limit is reached, tasks are tried one at a time: a batch would be given up as a whole.
"""

from collections.abc import Sequence

from headway.around.circuit import Pass
from headway.batching.call import Ended, Work
from headway.handling.limiting import Limiting
from headway.taking.task import Outcome, Task


def limited(work: Work, limiting: Limiting) -> Work:
    """*work* while the limit is not reached; what it makes of tasks is counted."""
    if limiting.off:
        return work

    def one_by_one(tasks: Sequence[Task], ended: Ended) -> None:
        left = list(tasks)
        while left and not limiting.circuit.closed:
            task, through = limiting.wait(left)
            left.remove(task)
            work([task], _counted(limiting, through, ended))
        if left:
            work(left, _counted(limiting, Pass.FREELY, ended))

    return one_by_one


def _counted(limiting: Limiting, through: Pass | None, ended: Ended) -> Ended:
    def counted(task: Task, outcome: Outcome) -> None:
        limiting.count(outcome, through)
        ended(task, outcome)

    return counted
