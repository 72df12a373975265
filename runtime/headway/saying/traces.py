"""What traces are told of frames: which outcomes are visible now, and which have to be said again.

A frame has no span of its own. It carries up to 5,000 jobs of as many traces: one span with links
to them is cut by the library after 128, lies in none of their traces, and is sampled by itself. So
the `commit` of each job that is recorded lies in its own trace, and says how large its frame was.
"""

from headway.saying.frame import Frame
from headway.taking.task import Task


def committed(task: Task, frame: Frame) -> None:
    """What became of *task* is visible, by *frame*."""
    if task.trace is not None and task.outcome is not None:
        task.trace.committed(task.outcome.label, len(frame.tasks))


def aborted(frame: Frame) -> None:
    """Nothing of *frame* is, and it is said again: its spans go on."""
    for task in frame.tasks:
        if task.trace is not None:
            task.trace.aborted()
