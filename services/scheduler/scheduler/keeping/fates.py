"""What became of the jobs that dead letters are of: which letters nobody has any use for."""

from collections.abc import Iterable
from typing import Final

from scheduler.keeping.deadletters import Lying
from scheduler.lane.job import Job

_FORGOTTEN: Final = 0


class Fates:
    """Is shown all states of a lane in their order, to the end, after the letters were read.

    A letter and the state that names it are said at once: whatever letter was read, its job's
    state is shown.
    """

    def __init__(self, letters: Iterable[Lying]) -> None:
        self._of = {letter.job_id for letter in letters}
        #: The newest attempt at each of those jobs; 0: it was forgotten.
        self._newest: dict[str, int] = {}

    def take(self, job_id: str, job: Job | None) -> None:
        """The job has this newer state; None: it was forgotten."""
        if job_id in self._of:
            self._newest[job_id] = _FORGOTTEN if job is None else job.attempt

    def forgotten(self, letter: Lying) -> bool:
        """Whether its job was forgotten.

        Without any state it was, where a stage has said whose the letter is: its tombstone went.
        """
        if letter.job_id is None:
            return False
        newest = self._newest.get(letter.job_id)
        return letter.told if newest is None else newest == _FORGOTTEN

    def over(self, letter: Lying) -> bool:
        """Whether the job goes on, or was done with, in a later attempt: it was sent back."""
        return self._newest.get(letter.job_id or "", 0) > letter.attempt
