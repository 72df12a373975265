"""Frames that were aborted, and which comes next: whole, halved, or its one record given up.

A frame aborted for a reason outside it (the cluster, the group) is tried again as it is. One that
is aborted otherwise is halved, and its halves too, until the record that spoils it stands alone.
Alone it waits behind the others, and once it was aborted again and again while they went through
(or, where there are none, while a frame of offsets alone did) it is given up: so one record
neither holds up another for good nor is blamed for an outage.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from headway.saying.fate import FrameAborted
from headway.saying.frame import Frame
from headway.taking.task import Task

#: So often a frame is tried whole before it is halved: most reasons pass by themselves.
_WHOLE_TRIES: Final = 2
#: So often what stands alone is tried before it is given up.
_LONE_TRIES: Final = 3

#: Turns a task whose records the cluster does not take into one that can be said.
Refuse = Callable[[Task, str], None]


@dataclass(slots=True, eq=False)
class Trial:
    """A frame on its way, how often it was aborted whole, and how often alone.

    `commits` counts the frames that had gone through when it was last aborted.
    """

    frame: Frame
    aborts: int = 0
    alone: int = 0
    commits: int = 0


class Trials:
    """What is to be said again, in order; for the loop's thread."""

    def __init__(self, refuse: Refuse) -> None:
        self._refuse = refuse
        self._next: deque[Trial] = deque()
        self._alone: deque[Trial] = deque()
        self._commits = 0

    def __bool__(self) -> bool:
        return bool(self._next or self._alone)

    def take(self, *, idle: bool) -> Trial | None:
        """What to say again now; what stands alone, when others went through or *idle*."""
        if self._next:
            return self._next.popleft()
        if self._alone and (idle or self._commits > self._alone[0].commits):
            return self._alone.popleft()
        return None

    def put_back(self, trial: Trial) -> None:
        """It could not be said just now: it is the first to be said again."""
        self._next.appendleft(trial)

    def committed(self) -> None:
        """A frame went through: what is aborted all the same has its reason in itself."""
        self._commits += 1

    def aborted(self, trial: Trial, error: FrameAborted) -> None:
        """Take *trial* back after an abort, in the form in which it is to be tried again."""
        if error.refused:
            for task in error.refused:
                self._refuse(task, str(error))
            self._next.appendleft(Trial(trial.frame))
        elif error.passing:
            self._next.appendleft(trial)
        elif trial.aborts + 1 < _WHOLE_TRIES and not trial.frame.alone:
            trial.aborts += 1
            self._next.appendleft(trial)
        else:
            self._part(trial, str(error))

    def frames(self) -> list[Frame]:
        """Every frame that waits."""
        return [trial.frame for trial in (*self._next, *self._alone)]

    def clear(self) -> None:
        self._next.clear()
        self._alone.clear()

    def _part(self, trial: Trial, reason: str) -> None:
        halves = trial.frame.halves()
        if halves:
            # One abort more halves them again.
            self._next.extendleft(Trial(half, _WHOLE_TRIES - 1) for half in reversed(halves))
            return
        trial.alone += 1
        went_through, trial.commits = self._commits > trial.commits, self._commits
        if trial.alone < _LONE_TRIES:
            self._alone.append(trial)
        elif not trial.frame.tasks:
            pass  # the RUNNING of a job: its end is told in any case
        elif went_through:
            self._refuse(trial.frame.tasks[0], reason)
            self._next.append(Trial(trial.frame))
        else:
            self._next.append(Trial(Frame(counted=list(trial.frame.tasks))))
            self._alone.append(trial)
