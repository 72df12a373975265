"""Whether work in hand is still ours, and pauses that end when it is not."""

import threading
from typing import Final

from headway.following.holdings import UNKNOWN, Parked
from headway.taking.task import Task

#: Between looks for the offset of what is being said just now.
_LOOK_SECONDS: Final = 0.01


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

    def lying(self, task: Task, job_id: str) -> Parked | None:
        """Where the record of a job lies; waits for that while it is being said.

        None, too, if the work is not ours any more.
        """
        held = task.partition.jobs.held
        while (place := held.lying(job_id)) is not None and place.offset == UNKNOWN:
            if self.over(task) or self.pause(task, _LOOK_SECONDS):
                return None
        return place
