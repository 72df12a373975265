"""Whether work in hand is still ours, and pauses that end when it is not."""

import threading

from headway.taking.task import Task


class Ownership:
    """Shared by the loop, which sets `stopping`, and the workers, which ask."""

    def __init__(self) -> None:
        self.stopping = threading.Event()

    def over(self, task: Task) -> bool:
        """Whether nobody wants what comes of *task* from us: whoever owns it next does it."""
        return task.partition.lost or self.stopping.is_set()

    def pause(self, task: Task, seconds: float) -> bool:
        """Wait; true if the work is not ours any more, and true at once when the stage stops."""
        return self.stopping.wait(seconds) or task.partition.lost
